//! REST over one connection that is kept, and the few routes that bots use.

use crate::Result;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use shardlink_client::logic::sign_in::Checks;
use shardlink_shared::ids::CharacterId;
use tokio::net::TcpStream;

/// The routes.
pub mod path {
    #![allow(missing_docs)] // They are the contract's.
    pub const SCRAM_REGISTER: &str = "/api/auth/scram/register";
    pub const SCRAM_START: &str = "/api/auth/scram/start";
    pub const SCRAM_FINISH: &str = "/api/auth/scram/finish";
    pub const CHARACTERS: &str = "/api/characters";
    pub const SELECT: &str = "/api/characters/select";
    pub const TICKET: &str = "/api/ws/ticket";
}

/// The bodies of requests.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Body<'a> {
    SignUp {
        username: &'a str,
        #[serde(flatten)]
        checks: Checks,
    },
    Start {
        client_first: String,
    },
    Finish {
        handshake_id: String,
        client_final: String,
    },
    Character {
        name: &'a str,
        race: &'a str,
        class: &'a str,
        faction: &'a str,
    },
    Select {
        character_id: CharacterId,
    },
    Nothing {},
}

/// What answers hold that a bot reads; empty where an answer has no such field.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Answer {
    pub handshake_id: String,
    pub server_first: String,
    pub server_final: String,
    pub session_token: String,
    pub ticket: String,
    pub character: Option<Made>,
}

/// A character that was made.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Made {
    pub id: CharacterId,
}

/// Why something was refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    detail: String,
}

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
    pub async fn post(&mut self, path: &str, body: &Body<'_>, token: Option<&str>) -> Result<Answer> {
        let mut request = Request::post(path).header(HOST, &self.host).header(CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() {
            return Ok(serde_json::from_slice(&body)?);
        }
        let Problem { code, detail } = serde_json::from_slice(&body).unwrap_or_default();
        Err(format!("{path}: {status} {code} {detail}").into())
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
