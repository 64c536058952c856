//! Framing of TCP streams: `| length u32, big endian | sealed message |`, once each way.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Writes one message.
pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&len.to_be_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Reads one message of at most `max` bytes. Memory grows with what arrives, not with what is announced.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin), max: usize) -> io::Result<Vec<u8>> {
    let len = u64::from(stream.read_u32().await?);
    if len > max as u64 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("message of {len} bytes is above {max}")));
    }
    let mut bytes = Vec::new();
    stream.take(len).read_to_end(&mut bytes).await?;
    if (bytes.len() as u64) < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn frames_are_bounded_and_complete() {
        let mut wire = Vec::new();
        write(&mut wire, b"hello").await.unwrap();
        assert_eq!(wire, b"\0\0\0\x05hello");
        assert_eq!(read(&mut &wire[..], 5).await.unwrap(), b"hello");
        assert_eq!(read(&mut &wire[..], 4).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(read(&mut &wire[..8], 5).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
