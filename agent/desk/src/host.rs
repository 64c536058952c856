//! `/v1/agent/host`: the machine, as far as the kernel tells without asking.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn document() -> Value {
    let memory = fields("/proc/meminfo");
    let kib = |name: &str| memory.get(name).and_then(|value| value.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) * 1024;
    let (total, available) = (kib("MemTotal"), kib("MemAvailable"));
    let text = |path: &str| std::fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
    let uptime = text("/proc/uptime").split(['.', ' ']).next().and_then(|seconds| seconds.parse::<u64>().ok()).unwrap_or(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let used_percent = if total == 0 { 0.0 } else { (total - available.min(total)) as f64 * 100.0 / total as f64 };
    json!({
        "Memory": {
            "total": total, "available": available, "used": total - available.min(total), "usedPercent": used_percent,
            "free": kib("MemFree"), "buffers": kib("Buffers"), "cached": kib("Cached"), "swaptotal": kib("SwapTotal"), "swapfree": kib("SwapFree"),
        },
        "CPU": processors(),
        "Host": {
            "hostname": text("/proc/sys/kernel/hostname"), "uptime": uptime, "bootTime": now.as_secs().saturating_sub(uptime),
            "os": std::env::consts::OS, "kernelVersion": text("/proc/sys/kernel/osrelease"), "kernelArch": std::env::consts::ARCH,
        },
        "Disk": null,
        "CollectionTime": u64::try_from(now.as_nanos()).unwrap_or(u64::MAX),
        "Errors": null,
    })
}

fn processors() -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") else { return Vec::new() };
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let fields = pairs(block);
            let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
            let number = field("processor").parse::<u32>().unwrap_or(0);
            json!({ "cpu": number, "vendorId": field("vendor_id"), "modelName": field("model name"), "mhz": field("cpu MHz").parse::<f64>().unwrap_or(0.0) })
        })
        .collect()
}

fn fields(path: &str) -> BTreeMap<String, String> {
    std::fs::read_to_string(path).map(|text| pairs(&text)).unwrap_or_default()
}

/// Lines of `name: value`.
fn pairs(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}
