//! The errors a caller can see. Everything else is a bug, or stays inside its crate.
//!
//! An error travels: it is a wire type, and the edge where the call came in turns its [`Code`] into a status, an rcode, a gRPC code.

/// What kind of error this is: decides the status, and whether a call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Code {
    /// The operation failed, and the text says why (Consul's 500 with a text).
    Failed = 0,
    /// The request makes no sense as it is.
    BadRequest = 1,
    /// The token does not allow it.
    Denied = 2,
    /// The named thing does not exist.
    NotFound = 3,
    /// A transaction was rolled back.
    Conflict = 4,
    /// A body, or a list in it, is larger than a limit.
    TooLarge = 5,
    /// This server takes no more calls of this class, or for this datacenter. Not processed.
    Busy = 6,
    /// The datacenter has no leader now. Not processed.
    NoLeader = 7,
    /// No way to the datacenter; `why` lists what was tried. Not processed.
    NoPath = 8,
    /// The server asked does not know the operation, or the cluster is not upgraded yet. Not processed.
    Unsupported = 9,
    /// Time ran out while the call was under way: it may have been processed.
    TimedOut = 10,
    /// The connection broke while the call was under way: it may have been processed.
    Lost = 11,
    /// Bytes that make no sense came from another process. Not processed.
    Protocol = 12,
    /// The server asked is no longer, or not yet, the leader. Not processed.
    NotLeader = 13,
    /// No datacenter of this name has ever been heard of. Not processed.
    NoDatacenter = 14,
}

/// One hop that was tried, or ruled out, on the way to a datacenter.
#[derive(Clone, PartialEq, Eq, prost::Message, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attempt {
    /// Which process or datacenter.
    #[prost(string, tag = 1)]
    pub hop: String,
    /// What failed.
    #[prost(string, tag = 2)]
    pub reason: String,
    /// How old that evidence is, in milliseconds.
    #[prost(uint64, tag = 3)]
    pub age_ms: u64,
}

/// An error as it travels. The text is what the caller reads; what the log says is written where it happens.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Error {
    /// What kind; see [`Code`].
    #[prost(enumeration = "Code", tag = 1)]
    pub code: i32,
    /// What the caller reads.
    #[prost(string, tag = 2)]
    pub text: String,
    /// For [`Code::NoPath`] and [`Code::NoDatacenter`]: every hop considered, and what ruled it out.
    #[prost(message, repeated, tag = 3)]
    pub why: Vec<Attempt>,
    /// Set where the call never reached a state machine although the code alone does not prove it (a refused connection).
    #[prost(bool, tag = 4)]
    pub unprocessed: bool,
}

impl Error {
    /// An error of this kind with this text.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into(), why: Vec::new(), unprocessed: false }
    }

    /// The operation failed: Consul's 500 with a text.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(Code::Failed, text)
    }

    /// The request makes no sense: Consul's 400 with a text.
    #[must_use]
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, text)
    }

    /// There is no leader now.
    #[must_use]
    pub fn no_leader() -> Self {
        Self::new(Code::NoLeader, "No cluster leader")
    }

    /// There is no way to `dc`; `why` says what was tried.
    #[must_use]
    pub fn no_path(why: Vec<Attempt>) -> Self {
        Self { why, ..Self::new(Code::NoPath, "No path to datacenter") }
    }

    /// Nobody here has ever heard of `dc`. It reads as [`Error::no_path`], as with Consul.
    #[must_use]
    pub fn no_datacenter(dc: &str) -> Self {
        let reason = "no gateway has ever told of this datacenter".to_owned();
        Self { code: Code::NoDatacenter.into(), ..Self::no_path(vec![Attempt { hop: dc.to_owned(), reason, age_ms: 0 }]) }
    }

    /// Bytes that make no sense.
    #[must_use]
    pub fn protocol(text: impl Into<String>) -> Self {
        Self::new(Code::Protocol, text)
    }

    /// What kind of error this is. An unknown number, from a newer server, counts as a plain failure.
    #[must_use]
    pub fn kind(&self) -> Code {
        Code::try_from(self.code).unwrap_or(Code::Failed)
    }

    /// Whether the error proves that the call changed nothing, so that even a write may be repeated elsewhere.
    #[must_use]
    pub fn proves_unprocessed(&self) -> bool {
        self.unprocessed
            || matches!(
                self.kind(),
                Code::Busy | Code::NoLeader | Code::NotLeader | Code::NoPath | Code::NoDatacenter | Code::Unsupported | Code::Protocol
            )
    }

    /// Whether another server, or the same one later, may answer better.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), Code::Busy | Code::NoLeader | Code::NotLeader | Code::TimedOut | Code::Lost) || self.unprocessed
    }

    /// The HTTP status Consul answers this with. Never a success.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.kind() {
            Code::BadRequest => 400,
            Code::Denied => 403,
            Code::NotFound => 404,
            Code::Conflict => 409,
            Code::TooLarge => 413,
            Code::Busy => 429,
            Code::Failed
            | Code::NoLeader
            | Code::NoPath
            | Code::NoDatacenter
            | Code::Unsupported
            | Code::TimedOut
            | Code::Lost
            | Code::Protocol
            | Code::NotLeader => 500,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}
