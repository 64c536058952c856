//! A UDP socket that is read and written many datagrams at a time.
//!
//! `recvmmsg` and `sendmmsg` have no counterpart in the standard library, so this file, and this alone, speaks to the C library. It
//! hands the kernel pointers into buffers that it owns or borrows for the length of the call, and takes back lengths, which are
//! checked against the buffers before anything is read.
#![allow(unsafe_code, reason = "recvmmsg, sendmmsg and their control messages are system calls")]

use std::io;
use std::mem::{MaybeUninit, size_of, size_of_val, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::unix::AsyncFd;

/// Datagrams per system call.
pub(crate) const BATCH: usize = 32;
/// Greatest question that is read: none has more than a name and a few options.
const SIZE: usize = 2048;
/// Room for a time and an address among the control messages, with their headers.
const CONTROL: usize = 16;

/// The socket.
pub(crate) struct Datagrams {
    socket: AsyncFd<UdpSocket>,
}

/// Whom to answer, and from which of our addresses.
#[derive(Clone, Copy)]
pub(crate) struct Peer {
    name: libc::sockaddr_storage,
    length: libc::socklen_t,
    own: Own,
}

/// The address that a datagram was sent to, where the socket has all there are.
#[derive(Clone, Copy)]
enum Own {
    Bound,
    V4(libc::in_pktinfo),
    V6(libc::in6_pktinfo),
}

/// Datagrams as they come.
pub(crate) struct Inbox {
    buffers: Box<[[u8; SIZE]; BATCH]>,
    arrived: Vec<Arrived>,
}

/// What is known of a datagram besides its bytes.
#[derive(Clone, Copy)]
struct Arrived {
    length: usize,
    cut: bool,
    peer: Peer,
    /// When the kernel took it, since 1970.
    at: Option<Duration>,
}

/// Datagrams to be sent.
#[derive(Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    /// Where each ends, and whom it is for.
    ends: Vec<(usize, Peer)>,
}

/// Control messages, aligned as the kernel wants them.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u64; CONTROL]);

impl Datagrams {
    /// Takes over a socket.
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS)?;
        match socket.local_addr()? {
            // Whoever asked one of our addresses takes answers from that one only.
            SocketAddr::V4(bound) if bound.ip().is_unspecified() => set(&socket, libc::IPPROTO_IP, libc::IP_PKTINFO)?,
            SocketAddr::V6(bound) if bound.ip().is_unspecified() => set(&socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)?,
            _ => {}
        }
        // SAFETY: a socket owns its descriptor, and keeps it until it is dropped, which is with the registration.
        let socket = unsafe { AsyncFd::register(socket) }?;
        Ok(Self { socket })
    }

    /// Waits for datagrams, and takes as many as there are, up to [`BATCH`].
    pub(crate) async fn receive(&self, inbox: &mut Inbox) -> io::Result<()> {
        loop {
            let mut ready = self.socket.readable().await?;
            match ready.try_io(|socket| inbox.fill(socket.get_ref())) {
                Ok(Ok(())) => {
                    // Fewer than there is room for: all that there were. What comes from now on makes the socket ready again.
                    if inbox.arrived.len() < BATCH {
                        ready.clear_ready();
                    }
                    return Ok(());
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_not_ready) => {}
            }
        }
    }

    /// Sends all that is in `outbox`, and empties it. Says how many could not be sent.
    pub(crate) async fn send(&self, outbox: &mut Outbox) -> u64 {
        let (mut sent, mut failed) = (0, 0);
        while sent < outbox.ends.len() {
            match outbox.flush(sent, self.socket.get_ref()) {
                Ok(count) => sent += count.max(1),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.socket.writable().await {
                    Ok(mut ready) => ready.clear_ready(),
                    Err(_) => {
                        failed += (outbox.ends.len() - sent) as u64;
                        break;
                    }
                },
                // Of this one datagram: its receiver cannot be reached.
                Err(_) => {
                    failed += 1;
                    sent += 1;
                }
            }
        }
        outbox.bytes.clear();
        outbox.ends.clear();
        failed
    }

    /// Sends one datagram, unless the socket has no room for it now.
    pub(crate) fn send_one(&self, bytes: &[u8], peer: Peer) -> io::Result<()> {
        let mut outbox = Outbox::default();
        outbox.bytes.extend_from_slice(bytes);
        outbox.finish(peer);
        outbox.flush(0, self.socket.get_ref()).map(drop)
    }
}

impl Peer {
    /// Its address.
    pub(crate) fn ip(&self) -> IpAddr {
        let name = std::ptr::from_ref(&self.name);
        // SAFETY: the storage is as large and as aligned as any address, and which one is in it, its family says. Any bytes are a value
        // of either structure.
        unsafe {
            match libc::c_int::from(self.name.ss_family) {
                libc::AF_INET6 => Ipv6Addr::from((*name.cast::<libc::sockaddr_in6>()).sin6_addr.s6_addr).to_canonical(),
                _ => Ipv4Addr::from_bits(u32::from_be((*name.cast::<libc::sockaddr_in>()).sin_addr.s_addr)).into(),
            }
        }
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffers: Box::new([[0; SIZE]; BATCH]), arrived: Vec::with_capacity(BATCH) }
    }
}

impl Inbox {
    /// The datagrams: bytes, whom to answer, and how long ago the kernel took it. What was longer than any question is left out.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (&[u8], Peer, Duration)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.buffers.iter().zip(&self.arrived).filter(|(_, arrived)| !arrived.cut).map(move |(buffer, arrived)| {
            let age = arrived.at.map_or(Duration::ZERO, |at| now.saturating_sub(at));
            (buffer.get(..arrived.length).unwrap_or_default(), arrived.peer, age)
        })
    }

    fn fill(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.arrived.clear();
        // SAFETY: all bytes zero is a value of each of these plain C structures.
        let (mut names, mut headers): ([libc::sockaddr_storage; BATCH], [libc::mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
        let mut controls = [Control([0; CONTROL]); BATCH];
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let places = self.buffers.iter_mut().zip(&mut names).zip(&mut controls).zip(&mut parts).zip(&mut headers);
        for ((((buffer, name), control), part), header) in places {
            let part = part.write(libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: SIZE });
            let header = &mut header.msg_hdr;
            header.msg_name = std::ptr::from_mut(name).cast();
            header.msg_namelen = socket_length(size_of::<libc::sockaddr_storage>());
            header.msg_iov = part;
            header.msg_iovlen = 1;
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = size_of::<Control>();
        }
        let (count, flags) = (BATCH as libc::c_uint, libc::MSG_DONTWAIT);
        // SAFETY: each header points to a name, one buffer and a control buffer of the lengths it says, which outlive the call and are
        // not read or written meanwhile; there are BATCH headers.
        let received = unsafe { libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, flags, std::ptr::null_mut()) };
        let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        for (header, name) in headers.iter().zip(&names).take(received) {
            let (own, at) = control_of(&header.msg_hdr);
            let peer = Peer { name: *name, length: header.msg_hdr.msg_namelen, own };
            let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            self.arrived.push(Arrived { length: (header.msg_len as usize).min(SIZE), cut, peer, at });
        }
        Ok(())
    }
}

impl Outbox {
    /// Where to append the next datagram; [`Outbox::finish`] ends it.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Everything appended since the last one ended is a datagram for `peer`.
    pub(crate) fn finish(&mut self, peer: Peer) {
        self.ends.push((self.bytes.len(), peer));
    }

    /// Sends a batch, from the datagram number `first` on, and says how many went.
    fn flush(&mut self, first: usize, socket: &UdpSocket) -> io::Result<usize> {
        // SAFETY: all bytes zero is a value of this plain C structure.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        let mut controls = [Control([0; CONTROL]); BATCH];
        let mut parts = [const { MaybeUninit::<libc::iovec>::uninit() }; BATCH];
        let mut begin = first.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |(end, _)| *end);
        let mut count = 0;
        let places = headers.iter_mut().zip(&mut controls).zip(&mut parts);
        for ((end, peer), ((header, control), part)) in self.ends.iter_mut().skip(first).zip(places) {
            let Some(bytes) = self.bytes.get_mut(begin..*end) else { break };
            begin = *end;
            let part = part.write(libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() });
            let header = &mut header.msg_hdr;
            header.msg_name = std::ptr::from_mut(&mut peer.name).cast();
            header.msg_namelen = peer.length;
            header.msg_iov = part;
            header.msg_iovlen = 1;
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = size_of::<Control>();
            put_own(header, peer.own);
            count += 1;
        }
        // SAFETY: the first `count` headers point to a name, one buffer and a control buffer of the lengths they say, which outlive the
        // call; the kernel only reads them.
        let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

/// The address that a datagram was sent to, and when it came.
fn control_of(header: &libc::msghdr) -> (Own, Option<Duration>) {
    let (mut own, mut at) = (Own::Bound, None);
    // SAFETY: the kernel has filled the control buffer and set its length, and both are still there.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    // SAFETY: not null, so it is a whole header within the control buffer.
    while let Some(found) = unsafe { message.as_ref() } {
        // SAFETY: the data of a control message follows its header; what is read of it is what the kernel writes for this level and
        // type, and only after `cmsg_len` has shown that it is there. It may be unaligned.
        unsafe {
            let data = libc::CMSG_DATA(message);
            let has = |size: usize| found.cmsg_len >= libc::CMSG_LEN(size as libc::c_uint) as usize;
            match (found.cmsg_level, found.cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) if has(size_of::<libc::timespec>()) => {
                    let time = data.cast::<libc::timespec>().read_unaligned();
                    let (seconds, nanos) = (u64::try_from(time.tv_sec).ok(), u32::try_from(time.tv_nsec).ok());
                    at = seconds.zip(nanos).map(|(seconds, nanos)| Duration::new(seconds, nanos.min(999_999_999)));
                }
                (libc::IPPROTO_IP, libc::IP_PKTINFO) if has(size_of::<libc::in_pktinfo>()) => {
                    let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                    // The route decides by which interface the answer goes.
                    own = Own::V4(libc::in_pktinfo { ipi_ifindex: 0, ..info });
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) if has(size_of::<libc::in6_pktinfo>()) => {
                    own = Own::V6(data.cast::<libc::in6_pktinfo>().read_unaligned());
                }
                _ => {}
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    (own, at)
}

/// Says from which address the datagram goes; its control buffer is that of a [`Control`], all zero.
fn put_own(header: &mut libc::msghdr, own: Own) {
    fn put<T>(header: &mut libc::msghdr, level: libc::c_int, kind: libc::c_int, value: T) {
        let size = size_of::<T>() as libc::c_uint;
        // SAFETY: the control buffer has room for the header and either address, which are 16 and 20 bytes; the first header is at its
        // beginning, aligned as the buffer is.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(size) as usize;
            let message = libc::CMSG_FIRSTHDR(header);
            if let Some(message) = message.as_mut() {
                message.cmsg_level = level;
                message.cmsg_type = kind;
                message.cmsg_len = libc::CMSG_LEN(size) as usize;
            }
            libc::CMSG_DATA(message).cast::<T>().write_unaligned(value);
        }
    }
    match own {
        Own::Bound => {
            header.msg_control = std::ptr::null_mut();
            header.msg_controllen = 0;
        }
        Own::V4(info) => put(header, libc::IPPROTO_IP, libc::IP_PKTINFO, info),
        Own::V6(info) => put(header, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info),
    }
}

fn set(socket: &UdpSocket, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = socket_length(size_of_val(&on));
    // SAFETY: the option is an int, which is there for the length of the call.
    let outcome = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, std::ptr::from_ref(&on).cast(), length) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn socket_length(size: usize) -> libc::socklen_t {
    libc::socklen_t::try_from(size).unwrap_or(libc::socklen_t::MAX)
}
