//! Who asks: connections of one request at a time, as cheap as can be, because they share the machine with the asked.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One of those who ask: always the same request, whose answer always has the same length.
#[derive(Clone)]
pub struct Asker {
    /// The request's bytes.
    pub request: Arc<[u8]>,
    /// How many bytes the right answer has.
    pub answer: usize,
}

/// How long and how often is asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long.
    pub time: Duration,
    /// Requests a second of all together; `None` for as many as are answered.
    pub rate: Option<f64>,
}

/// What came of it.
pub struct Outcome {
    /// How long it took.
    pub taken: Duration,
    /// How long each request took, sorted. At a given rate it counts from when the request was due.
    pub latencies: Vec<Duration>,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a request and reads its answer to the end: status and body. The answer has to have a `Content-Length`, or
    /// to be 204, which has no body.
    pub async fn ask(&mut self, request: &[u8]) -> Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let body = loop {
            self.more().await?;
            if let Some(at) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let wrong = || Error::new(ErrorKind::InvalidData, "the answer has no length");
        let head = String::from_utf8_lossy(&self.buffer[..body]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        let said = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok());
        let length: usize = match status {
            Some(204) => 0,
            _ => said.ok_or_else(wrong)?,
        };
        while self.buffer.len() < body + length {
            self.more().await?;
        }
        Ok((status.ok_or_else(wrong)?, &self.buffer[body..body + length]))
    }

    async fn more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Outcome {
    /// The latency that this part of the requests stayed below.
    pub fn quantile(&self, part: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "it is an index, and there are fewer requests than 2^53"
        )]
        let index = (self.latencies.len() as f64 * part) as usize;
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get(index.min(last))
            .copied()
            .unwrap_or_default()
    }
}

/// A GET request.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").into_bytes()
}

/// A POST of JSON to `/graphql`.
pub fn post(authorization: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Lets everybody ask, each on a connection of their own. Fails on any answer that is not the right one.
pub async fn ask_all(address: SocketAddr, askers: &[Asker], pace: Pace) -> Result<Outcome> {
    let mut connections = Vec::with_capacity(askers.len());
    for asker in askers {
        connections.push((Connection::open(address).await?, asker));
    }
    let count = u32::try_from(connections.len()).unwrap_or(u32::MAX);
    let begun = Instant::now();
    let every = pace
        .rate
        .map(|rate| Duration::from_secs_f64(f64::from(count) / rate));
    let running = connections
        .into_iter()
        .zip(0_u32..)
        .map(|((connection, asker), place)| {
            // They do not all ask in the same moment.
            let first = begun + every.unwrap_or_default() * place / count;
            ask_on(connection, asker, first, every, begun + pace.time)
        });
    let mut latencies: Vec<Duration> = try_join_all(running).await?.into_iter().flatten().collect();
    let taken = begun.elapsed();
    latencies.sort_unstable();
    Ok(Outcome { taken, latencies })
}

async fn ask_on(
    mut connection: Connection,
    asker: &Asker,
    first: Instant,
    every: Option<Duration>,
    end: Instant,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let mut due = first;
    loop {
        match every {
            Some(_) => sleep_until(due).await,
            None => due = Instant::now(),
        }
        if due >= end {
            return Ok(latencies);
        }
        let (status, body) = connection.ask(&asker.request).await?;
        if status != 200 || body.len() != asker.answer {
            let text = String::from_utf8_lossy(body);
            let what = format!(
                "{status}, {} bytes instead of {}: {text}",
                body.len(),
                asker.answer
            );
            return Err(Error::other(what));
        }
        latencies.push(due.elapsed());
        due += every.unwrap_or_default();
    }
}
