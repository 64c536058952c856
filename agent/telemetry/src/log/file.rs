//! The log file, and the next one.

use crate::LogFile;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Writes to a file until it is too big or too old, then to the next. As Consul does, each file bears in its name when it was begun,
/// so none is ever renamed under a reader.
pub(crate) struct RotatingFile {
    names: Names,
    rotate_bytes: u64,
    rotate_duration: Duration,
    rotate_max_files: Option<u32>,
    current: Current,
}

struct Current {
    file: File,
    bytes: u64,
    begun: SystemTime,
}

impl RotatingFile {
    /// Begins the first file.
    ///
    /// # Errors
    /// What the system says of the directory or the file.
    pub(crate) fn begin(settings: &LogFile, now: SystemTime) -> io::Result<Self> {
        let names = Names::new(&settings.path);
        let current = Current::begin(&names, now)?;
        Ok(Self {
            names,
            rotate_bytes: settings.rotate_bytes.unwrap_or(u64::MAX),
            rotate_duration: settings.rotate_duration,
            rotate_max_files: settings.rotate_max_files,
            current,
        })
    }

    /// Appends a line, to the next file when it is time for it. A file grows past its size by at most one line.
    pub(crate) fn write(&mut self, now: SystemTime, line: &[u8]) -> io::Result<()> {
        // A clock set back makes a file no older than it was.
        let age = now.duration_since(self.current.begun).unwrap_or_default();
        if self.current.bytes >= self.rotate_bytes || age >= self.rotate_duration {
            self.current = Current::begin(&self.names, now)?;
            self.prune()?;
        }
        self.current.file.write_all(line)?;
        self.current.bytes += line.len() as u64;
        Ok(())
    }

    /// Removes the oldest, beyond those to keep and the current one.
    fn prune(&self) -> io::Result<()> {
        let Some(most) = self.rotate_max_files else { return Ok(()) };
        let mut files = self.names.existing()?;
        files.sort_unstable();
        let keep = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(1);
        let too_many = files.len().saturating_sub(keep);
        files.iter().take(too_many).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

impl Current {
    fn begin(names: &Names, now: SystemTime) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        let file = options.open(names.at(now))?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, begun: now })
    }
}

/// `<directory>/<stem>-<nanoseconds since 1970>.<extension>`
struct Names {
    directory: PathBuf,
    stem: String,
    extension: String,
}

impl Names {
    fn new(path: &Path) -> Self {
        let given = path.to_string_lossy();
        let (directory, name) = given.rsplit_once('/').map_or((".", &*given), |(directory, name)| (directory, name));
        let directory = if directory.is_empty() { "/" } else { directory };
        let (stem, extension) = match name.rsplit_once('.') {
            _ if name.is_empty() => ("consul", "log"),
            Some((stem, extension)) if !stem.is_empty() => (stem, extension),
            _ => (name, "log"),
        };
        Self { directory: directory.into(), stem: stem.to_owned(), extension: extension.to_owned() }
    }

    fn at(&self, now: SystemTime) -> PathBuf {
        let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        self.directory.join(format!("{}-{nanos}.{}", self.stem, self.extension))
    }

    fn existing(&self) -> io::Result<Vec<(u128, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let middle = name.to_str().and_then(|name| name.strip_prefix(&self.stem)?.strip_prefix('-'));
            let number = middle.and_then(|rest| rest.strip_suffix(&self.extension)?.strip_suffix('.'));
            if let Some(Ok(nanos)) = number.map(str::parse) {
                found.push((nanos, entry.path()));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn settings(path: PathBuf) -> LogFile {
        LogFile { path, rotate_bytes: Some(10), rotate_duration: Duration::from_secs(60), rotate_max_files: None }
    }

    fn contents(directory: &Path) -> Vec<(String, String)> {
        let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
        let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| read(entry.unwrap())).collect();
        files.sort();
        files
    }

    #[test]
    fn names_are_consuls() {
        for (given, made) in [
            ("/var/log/", "/var/log/consul-1000000000.log"),
            ("/var/log/c", "/var/log/c-1000000000.log"),
            ("/c.txt", "/c-1000000000.txt"),
            ("a.b.log", "./a.b-1000000000.log"),
        ] {
            assert_eq!(Names::new(Path::new(given)).at(at(1)), Path::new(made), "{given}");
        }
    }

    #[test]
    fn the_next_file_is_begun_by_size_and_by_age() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::begin(&settings(directory.path().join("d.log")), at(1)).unwrap();
        file.write(at(2), b"12345\n").unwrap();
        file.write(at(3), b"67890\n").unwrap();
        file.write(at(4), b"next\n").unwrap();
        file.write(at(64), b"old\n").unwrap();
        let shown = contents(directory.path());
        let shown: Vec<_> = shown.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let expected = [("d-1000000000.log", "12345\n67890\n"), ("d-4000000000.log", "next\n"), ("d-64000000000.log", "old\n")];
        assert_eq!(shown, expected);
    }

    #[test]
    fn only_so_many_old_files_are_kept_and_no_other_file_is_touched() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("d-notes.log"), "mine").unwrap();
        fs::write(directory.path().join("e-1.log"), "mine").unwrap();
        let settings = LogFile { rotate_max_files: Some(2), ..settings(directory.path().join("d.log")) };
        let mut file = RotatingFile::begin(&settings, at(9)).unwrap();
        for second in 10..20 {
            file.write(at(second), b"0123456789\n").unwrap();
        }
        let names: Vec<String> = contents(directory.path()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["d-17000000000.log", "d-18000000000.log", "d-19000000000.log", "d-notes.log", "e-1.log"]);
    }
}
