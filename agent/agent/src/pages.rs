//! Gives back the pages of the program that only its start needed.
#![allow(unsafe_code, reason = "madvise is a system call")]

use rustix::mm::{Advice, madvise};
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// While an agent begins, joins and finds its servers, in seconds from its start: what it does there, it does once.
const FIRST: [u64; 5] = [1, 2, 4, 8, 16];
/// And whenever it may have done something rare since. What it does all the time is back with some hundred page faults, less than a
/// millisecond of work.
const EVERY: Duration = Duration::from_secs(30);

/// Gives back pages of the program and of its libraries now and then, for as long as the process runs.
///
/// The kernel maps sixteen pages of a program for each that is touched, and takes none of them back before memory is short. Most of what an
/// idle agent holds would be the code that read its configuration and made its keys. What is needed again comes from the page cache.
pub(crate) async fn keep_few() {
    // Once, while there is little to tell of: what cannot be written stays as it is in the file.
    let program = tokio::task::spawn_blocking(of_the_program).await.unwrap_or_default();
    let began = Instant::now();
    for after in FIRST {
        tokio::time::sleep_until(began + Duration::from_secs(after)).await;
        give_back(&program);
    }
    loop {
        tokio::time::sleep(EVERY).await;
        give_back(&program);
    }
}

/// Nothing where the system does not say.
fn of_the_program() -> Vec<Range<usize>> {
    let (Ok(smaps), Ok(program)) = (std::fs::read_to_string("/proc/self/smaps"), std::fs::read_link("/proc/self/exe")) else {
        return Vec::new();
    };
    as_in_the_file(&smaps, &program)
}

fn give_back(program: &[Range<usize>]) {
    for pages in program {
        let start = std::ptr::with_exposed_provenance_mut(pages.start);
        // SAFETY: the running program's own file is never unmapped, nor is a library, since nothing here calls dlclose(3). This part of it
        // cannot be written and has no page that differs from the file (one that the loader relocated would): a page that is given back
        // comes again as it was.
        if let Err(error) = unsafe { madvise(start, pages.len(), Advice::LinuxDontNeed) } {
            tracing::debug!(%error, "the kernel keeps the pages of the program");
        }
    }
}

/// The mappings of `program` and of libraries, of those that `/proc/self/smaps` (proc_pid_smaps(5)) tells of, that cannot be written and hold
/// nothing but what is in their file.
fn as_in_the_file(smaps: &str, program: &Path) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut is_open = false;
    for line in smaps.lines() {
        match line.split_once(':') {
            Some(("Anonymous" | "Swap", size)) if is_open && size.trim() != "0 kB" => {
                found.pop();
                is_open = false;
            }
            // What is told of a mapping begins with a capital, its addresses do not.
            _ if line.starts_with(|first: char| !first.is_ascii_uppercase()) => {
                let pages = read_only(line, program);
                is_open = pages.is_some();
                found.extend(pages);
            }
            _ => {}
        }
    }
    found
}

fn read_only(line: &str, program: &Path) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (range, kind) = (fields.next()?, fields.next()?);
    let file = Path::new(line.find('/').and_then(|at| line.get(at..))?);
    let is_library = || file.file_name().is_some_and(|name| name.to_string_lossy().contains(".so"));
    let is_read_only = matches!(kind, "r--p" | "r-xp") && (file == program || is_library());
    let (start, end) = range.split_once('-').filter(|_| is_read_only)?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{as_in_the_file, give_back, of_the_program};
    use rustix::mm::{Advice, madvise};
    use std::ops::Range;
    use std::path::Path;

    const SMAPS: &str = "\
55d0c0000000-55d0c0400000 r--p 00000000 fe:01 131 /srv/the delian
Rss:                1024 kB
Anonymous:             0 kB
55d0c0400000-55d0c1400000 r-xp 00400000 fe:01 131 /srv/the delian
Rss:                8192 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
55d0c1400000-55d0c1500000 r--p 01400000 fe:01 131 /srv/the delian
Anonymous:           628 kB
55d0c1480000-55d0c1500000 r--p 01480000 fe:01 131 /srv/the delian
Anonymous:             0 kB
Swap:                 64 kB
55d0c1500000-55d0c1600000 rw-p 01500000 fe:01 131 /srv/the delian
Anonymous:             0 kB
7f0000000000-7f0000100000 r-xp 00000000 fe:01 977 /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000100000-7f0000140000 rw-p 00100000 fe:01 977 /usr/lib/libc.so.6
Anonymous:             0 kB
7f0000140000-7f0000180000 r--s 00000000 fe:01 978 /usr/lib/gconv/gconv-modules.cache
Anonymous:             0 kB
7f0000180000-7f00001c0000 r--p 00000000 fe:01 979 /var/lib/catalog
Anonymous:             0 kB
7f0000200000-7f0000300000 r-xp 00000000 00:00 0
Anonymous:             0 kB
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB";

    #[test]
    fn what_differs_from_the_file_or_may_be_unmapped_is_not_given_back() {
        let found = as_in_the_file(SMAPS, Path::new("/srv/the delian"));
        assert_eq!(found, [0x55d0_c000_0000..0x55d0_c040_0000, 0x55d0_c040_0000..0x55d0_c140_0000, 0x7f00_0000_0000..0x7f00_0010_0000]);
    }

    #[test]
    fn pages_that_nobody_needs_are_no_longer_held() {
        let program = of_the_program();
        let all = program.iter().max_by_key(|pages| pages.len()).unwrap().clone();
        // SAFETY: pages of the program's text are only read.
        unsafe { madvise(std::ptr::with_exposed_provenance_mut(all.start), all.len(), Advice::LinuxPopulateRead) }.unwrap();
        assert!(held(&all) * 10 >= all.len() * 9, "all of it was asked for");
        give_back(&program);
        assert!(held(&all) * 2 < all.len(), "{} of {} bytes are held", held(&all), all.len());
    }

    /// How many bytes of it this process has mapped.
    fn held(range: &Range<usize>) -> usize {
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let rest = smaps.split_once(&format!("{:x}-{:x} ", range.start, range.end)).unwrap().1;
        let kilobytes = rest.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        kilobytes.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1_024
    }
}
