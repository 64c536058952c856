//! Gives back the pages of the program that only its start needed.
#![allow(unsafe_code, reason = "madvise is a system call")]

use rustix::mm::{Advice, madvise};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// When a process has begun, has joined, and has done what it does in its first minute.
const FIRST: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(60)];
/// And whenever it may have done something rare since.
const EVERY: Duration = Duration::from_secs(3_600);

/// Gives back pages of the program now and then, for as long as the process runs.
///
/// The kernel maps sixteen pages of a program for each that is touched, and takes none of them back before memory is short. Most of what an
/// idle agent holds would be the code that read its configuration and made its keys. What is needed again comes from the page cache.
pub(crate) async fn keep_few() {
    let began = Instant::now();
    for after in FIRST {
        tokio::time::sleep_until(began + after).await;
        give_back();
    }
    loop {
        tokio::time::sleep(EVERY).await;
        give_back();
    }
}

fn give_back() {
    let (Ok(maps), Ok(program)) = (std::fs::read_to_string("/proc/self/maps"), std::fs::read_link("/proc/self/exe")) else { return };
    for text in maps.lines().filter_map(|line| text(line, &program)) {
        let start = std::ptr::with_exposed_provenance_mut(text.start);
        // SAFETY: this is the text of the running program. It is never written nor unmapped, so that a page which is given back comes
        // again from the same place in the same file.
        if let Err(error) = unsafe { madvise(start, text.len(), Advice::LinuxDontNeed) } {
            tracing::debug!(%error, "the kernel keeps the pages of the program");
        }
    }
}

/// The addresses that a line of `/proc/self/maps` (proc_pid_maps(5)) tells of, if they are the text of `program`.
fn text(line: &str, program: &Path) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (range, kind) = (fields.next()?, fields.next()?);
    let file = line.split_once('/').map(|(_, rest)| rest)?;
    let is_text = kind == "r-xp" && Some(file) == program.to_str().and_then(|path| path.strip_prefix('/'));
    let (start, end) = range.split_once('-').filter(|_| is_text)?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{give_back, text};
    use rustix::mm::{Advice, madvise};
    use std::path::Path;

    const MAPS: &str = "\
55d0c0000000-55d0c0400000 r--p 00000000 fe:01 131 /srv/the delian
55d0c0400000-55d0c1400000 r-xp 00400000 fe:01 131 /srv/the delian
55d0c1400000-55d0c1500000 r--p 01400000 fe:01 131 /srv/the delian
55d0c1500000-55d0c1600000 rw-p 01500000 fe:01 131 /srv/the delian
7f0000000000-7f0000100000 r-xp 00000000 fe:01 977 /usr/lib/libc.so.6
7f0000200000-7f0000300000 r-xp 00000000 00:00 0
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]";

    #[test]
    fn only_the_programs_own_text_is_given_back() {
        let found: Vec<_> = MAPS.lines().filter_map(|line| text(line, Path::new("/srv/the delian"))).collect();
        let only = std::iter::once(0x55d0_c040_0000..0x55d0_c140_0000);
        assert!(found.iter().cloned().eq(only), "neither what was relocated, nor data, nor libraries: {found:x?}");
    }

    #[test]
    fn pages_that_nobody_needs_are_no_longer_held() {
        let program = std::fs::read_link("/proc/self/exe").unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let all = maps.lines().find_map(|line| text(line, &program)).unwrap();
        // SAFETY: pages of the program's text are only read.
        unsafe { madvise(std::ptr::with_exposed_provenance_mut(all.start), all.len(), Advice::LinuxPopulateRead) }.unwrap();
        assert!(held(&all) * 10 >= all.len() * 9, "all of it was asked for");
        give_back();
        assert!(held(&all) * 2 < all.len(), "{} of {} bytes are held", held(&all), all.len());
    }

    /// How many bytes of it this process has mapped.
    fn held(range: &std::ops::Range<usize>) -> usize {
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let rest = smaps.split_once(&format!("{:x}-{:x} ", range.start, range.end)).unwrap().1;
        let kilobytes = rest.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        kilobytes.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1_024
    }
}
