//! A directory as a compressed archive: ustar (POSIX.1-1988) within gzip.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Blocks of an archive, in bytes.
const BLOCK: usize = 512;

/// Writes `directory` with all files in it to `archive`, below the directory's own name.
pub(super) fn write(directory: &Path, archive: &Path) -> io::Result<()> {
    let name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut out = GzEncoder::new(File::create_new(archive)?, Compression::default());
    add(directory, &name, &mut out)?;
    // Two empty blocks are the end.
    out.write_all(&[0; 2 * BLOCK])?;
    out.finish()?.sync_all()
}

fn add(directory: &Path, name: &str, out: &mut impl Write) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(&entry.path(), &name, out)?;
            continue;
        }
        let content = fs::read(entry.path())?;
        out.write_all(&header(&name, content.len())?)?;
        out.write_all(&content)?;
        out.write_all(&vec![0; content.len().next_multiple_of(BLOCK) - content.len()])?;
    }
    Ok(())
}

/// The header of a plain file that its owner may read and write.
fn header(name: &str, size: usize) -> io::Result<[u8; BLOCK]> {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        let field = header.get_mut(at..at + bytes.len());
        field.map(|field| field.copy_from_slice(bytes)).ok_or_else(|| io::Error::other("a field of the archive's header is too long"))
    };
    if name.len() >= 100 {
        return Err(io::Error::other(format!("{name}: the name is too long for an archive")));
    }
    put(0, name.as_bytes())?;
    put(100, b"0000600\0")?;
    put(108, b"0000000\0")?;
    put(116, b"0000000\0")?;
    put(124, format!("{size:011o}\0").as_bytes())?;
    put(136, b"00000000000\0")?;
    // The sum is made as if its own field were blank.
    put(148, b"        ")?;
    put(156, b"0")?;
    put(257, b"ustar\x0000")?;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(field) = header.get_mut(148..156) {
        field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    Ok(header)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::process::Command;

    #[test]
    fn what_is_packed_is_unpacked_by_tar() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("bundle/17");
        fs::create_dir_all(&inner).unwrap();
        fs::write(folder.path().join("bundle/a.json"), "{}").unwrap();
        fs::write(inner.join("log"), "x".repeat(1000)).unwrap();
        let archive = folder.path().join("bundle.tar.gz");
        write(&folder.path().join("bundle"), &archive).unwrap();
        fs::remove_dir_all(folder.path().join("bundle")).unwrap();
        assert!(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap().success());
        assert_eq!(fs::read_to_string(folder.path().join("bundle/a.json")).unwrap(), "{}");
        assert_eq!(fs::read_to_string(inner.join("log")).unwrap().len(), 1000);
        assert!(write(&folder.path().join("bundle"), &archive).is_err(), "an archive is never overwritten");
    }
}
