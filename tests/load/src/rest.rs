//! REST over one connection that is kept. What is said and what answers mean is
//! the client's own (`logic/rest.rs`).

use crate::Result;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use shardlink_client::logic::rest::{Answer, Token};
use tokio::net::TcpStream;

/// A connection to a server's REST.
#[derive(Debug)]
pub struct Rest {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Rest {
    /// Connects to a server such as `http://127.0.0.1:8787`.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        let host = host(url)?.to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender; what goes wrong on it fails the request.
        tokio::task::spawn_local(connection);
        Ok(Self { host, sender })
    }

    /// Posts a body, and reads what is answered.
    ///
    /// # Errors
    /// What the server refused, or what went wrong on the way.
    pub async fn post<A: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl Serialize,
        token: Option<&Token>,
    ) -> Result<A> {
        let mut request = Request::post(path).header(HOST, &self.host).header(CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.reveal()));
        }
        let request = request.body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        let answer = Answer { status, retry_after: None, body: std::str::from_utf8(&body)? };
        answer.read().map_err(|failure| format!("{path}: {} ({})", failure.message, failure.code).into())
    }
}

/// The address and port of a URL without a path.
///
/// # Errors
/// For anything else.
pub fn host(url: &str) -> Result<&str> {
    let host = url.strip_prefix("http://").filter(|host| !host.contains('/'));
    host.ok_or_else(|| format!("{url} is not like http://127.0.0.1:8787").into())
}
