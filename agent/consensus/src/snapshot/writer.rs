//! Writing a snapshot.

use super::format::{CHUNK, Header};
use crate::message::SnapshotMetaRecord;
use std::io::{self, Seek, SeekFrom, Write};

/// Cuts the body into chunks, and writes the header again once the length is known.
pub(super) struct SnapshotWriter<W> {
    out: W,
    header: Header,
    chunk: Vec<u8>,
}

impl<W: Write + Seek> SnapshotWriter<W> {
    pub(super) fn begin(mut out: W, meta: SnapshotMetaRecord) -> io::Result<Self> {
        let header = Header { meta, length: 0 };
        out.write_all(&header.encode())?;
        Ok(Self { out, header, chunk: Vec::with_capacity(CHUNK) })
    }

    /// Completes the file. It is not synced yet.
    pub(super) fn finish(mut self) -> io::Result<(W, Header)> {
        self.cut()?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&self.header.encode())?;
        self.out.flush()?;
        Ok((self.out, self.header))
    }

    fn cut(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(self.chunk.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&crc32c::crc32c(&self.chunk).to_le_bytes())?;
        self.out.write_all(&self.chunk)?;
        self.header.length += u64::from(length);
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write + Seek> Write for SnapshotWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let take = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..take]);
        if self.chunk.len() == CHUNK {
            self.cut()?;
        }
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
