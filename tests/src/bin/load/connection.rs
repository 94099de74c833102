//! HTTP/1.1 as far as a load generator needs it: one connection that stays open, one request at a time.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

/// No answer of the host to a ceremony is longer.
const MAX_BODY: usize = 64 * 1_024;

/// What a browser calls itself; the host keeps its words with a passkey.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/140.0.0.0 Safari/537.36";

/// A connection to a server on the loopback address.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            request: Vec::new(),
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Posts JSON; the body of a 200.
    pub(crate) fn post(&mut self, path: &str, headers: &str, json: &str) -> io::Result<&[u8]> {
        self.request.clear();
        let length = json.len();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{json}"
        )?;
        self.stream.get_mut().write_all(&self.request)?;
        self.read_line()?;
        let status = self.line.get(9..12).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            self.read_line()?;
            match self.line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => {}
                None => break,
            }
        }
        if length > MAX_BODY {
            return Err(io::Error::other("an answer that is too long"));
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body)?;
        if status == "200" {
            return Ok(&self.body);
        }
        let text = String::from_utf8_lossy(&self.body);
        Err(io::Error::other(format!("{path}: {status} {text}")))
    }

    fn read_line(&mut self) -> io::Result<()> {
        self.line.clear();
        let limit = u64::try_from(MAX_BODY).unwrap_or(u64::MAX);
        (&mut self.stream).take(limit).read_line(&mut self.line)?;
        if self.line.ends_with('\n') {
            return Ok(());
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
