//! Reading a snapshot, checking every chunk before a byte of it is used.

use super::format::{CHUNK, FIXED, Header};
use bytes::Bytes;
use std::io::{self, Read};

/// The body of a snapshot as [`Read`], or chunk by chunk.
pub(crate) struct SnapshotReader<R> {
    input: R,
    header: Header,
    /// Bytes of the body not read from `input` yet.
    left: u64,
    chunk: Bytes,
}

impl<R: Read> SnapshotReader<R> {
    pub(crate) fn open(mut input: R) -> io::Result<Self> {
        let mut fixed = [0; FIXED];
        input.read_exact(&mut fixed)?;
        let mut meta = vec![0; Header::meta_len(&fixed).map_err(invalid)?];
        input.read_exact(&mut meta)?;
        let header = Header::decode(&fixed, &meta).map_err(invalid)?;
        Ok(Self { input, left: header.length, header, chunk: Bytes::new() })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The next part of the body; `None` at its end.
    pub(crate) fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let (length, crc) = (self.word()?, self.word()?);
        if length == 0 || length as usize > CHUNK || u64::from(length) > self.left {
            return Err(invalid(format!("snapshot chunk of {length} bytes, {} are left", self.left)));
        }
        let mut chunk = vec![0; length as usize];
        self.input.read_exact(&mut chunk)?;
        let found = crc32c::crc32c(&chunk);
        if found != crc {
            return Err(invalid(format!("snapshot chunk: checksum {found:08x} where {crc:08x} was written")));
        }
        self.left -= u64::from(length);
        Ok(Some(chunk.into()))
    }

    fn word(&mut self) -> io::Result<u32> {
        let mut word = [0; 4];
        self.input.read_exact(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }
}

impl<R: Read> Read for SnapshotReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            match self.next_chunk()? {
                Some(chunk) => self.chunk = chunk,
                None => return Ok(0),
            }
        }
        let take = self.chunk.len().min(out.len());
        out[..take].copy_from_slice(&self.chunk.split_to(take));
        Ok(take)
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
