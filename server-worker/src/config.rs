//! Configuration: read once from the environment, validated, typed.

use shardlink_shared::limits::{REGISTRATIONS_PER_ADDRESS, SIGN_IN_FAILURES_PER_ADDRESS, SIGN_IN_FAILURES_PER_NAME};
use std::fmt;

/// What the operator sets. The table stands in `README.md`.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// `SERVER_SECRET`: signs tokens and tickets; at least 32 characters.
    pub server_secret: String,
    /// `ALLOWED_ORIGINS`: origins besides the server's own that browsers may
    /// connect from, separated by commas.
    pub allowed_origins: Vec<String>,
    /// `CLIENT_ADDRESS`: where a client's address is read.
    pub client_address: ClientAddress,
    /// `HUB_CAPACITY`: players in a hub, 1 to 500.
    pub hub_capacity: u32,
    /// `SIGN_IN_FAILURES_PER_NAME`: wrong passwords for a user name in a minute.
    pub failures_per_name: u32,
    /// `SIGN_IN_FAILURES_PER_ADDRESS`: wrong names or passwords from an address
    /// in a minute.
    pub failures_per_address: u32,
    /// `REGISTRATIONS_PER_ADDRESS`: registrations from an address in a minute.
    pub registrations_per_address: u32,
    /// `TEST_PANIC`: set by tests alone; opens the route that panics.
    pub test_panic: bool,
}

/// Where a client's address is read. Whatever a client can write itself is
/// trusted only where something in front overwrites it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// `cloudflare`: the header that Cloudflare sets.
    Cloudflare,
    /// `socket`: the address of the connection.
    Socket,
    /// `header:<name>`: a header that one's own proxy sets.
    Header(String),
}

/// A variable that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Its name.
    pub variable: &'static str,
    /// What it must be.
    pub problem: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("allowed_origins", &self.allowed_origins)
            .field("client_address", &self.client_address)
            .field("hub_capacity", &self.hub_capacity)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the configuration; `lookup` gives a variable's value.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        let server_secret = set("SERVER_SECRET").filter(|secret| secret.len() >= 32).ok_or(ConfigError {
            variable: "SERVER_SECRET",
            problem: "must be set to at least 32 random characters",
        })?;
        let allowed_origins: Vec<String> = set("ALLOWED_ORIGINS")
            .map(|list| list.split(',').map(|origin| origin.trim().to_owned()).collect())
            .unwrap_or_default();
        let is_origin = |origin: &String| {
            origin.split_once("://").is_some_and(|(scheme, host)| {
                matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains(['/', '*'])
            })
        };
        if !allowed_origins.iter().all(is_origin) {
            return Err(ConfigError {
                variable: "ALLOWED_ORIGINS",
                problem: "must be a list of origins such as https://game.example, separated by commas",
            });
        }
        let client_address = match set("CLIENT_ADDRESS").as_deref() {
            None | Some("socket") => ClientAddress::Socket,
            Some("cloudflare") => ClientAddress::Cloudflare,
            Some(other) => match other.strip_prefix("header:").filter(|name| !name.is_empty()) {
                Some(name) => ClientAddress::Header(name.to_owned()),
                None => {
                    return Err(ConfigError {
                        variable: "CLIENT_ADDRESS",
                        problem: "must be cloudflare, socket or header:<name>",
                    });
                }
            },
        };
        let hub_capacity = match set("HUB_CAPACITY") {
            None => shardlink_shared::limits::HUB_CAPACITY as u32,
            Some(text) => text
                .parse()
                .ok()
                .filter(|capacity| (1..=shardlink_shared::limits::HUB_CAPACITY as u32).contains(capacity))
                .ok_or(ConfigError { variable: "HUB_CAPACITY", problem: "must be an integer from 1 to 500" })?,
        };
        let per_minute = |variable, default: u32| match set(variable) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| *limit >= 1)
                .ok_or(ConfigError { variable, problem: "must be an integer from 1" }),
        };
        let failures_per_name = per_minute("SIGN_IN_FAILURES_PER_NAME", SIGN_IN_FAILURES_PER_NAME)?;
        let failures_per_address = per_minute("SIGN_IN_FAILURES_PER_ADDRESS", SIGN_IN_FAILURES_PER_ADDRESS)?;
        let registrations_per_address = per_minute("REGISTRATIONS_PER_ADDRESS", REGISTRATIONS_PER_ADDRESS)?;
        let test_panic = set("TEST_PANIC").is_some();
        Ok(Self {
            server_secret,
            allowed_origins,
            client_address,
            hub_capacity,
            failures_per_name,
            failures_per_address,
            registrations_per_address,
            test_panic,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, &'static str> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(lookup).map_err(|error| error.variable)
    }

    const SECRET: (&str, &str) = ("SERVER_SECRET", "0123456789abcdef0123456789abcdef");

    #[test]
    fn the_secret_alone_is_required() {
        let config = read(&[SECRET]).unwrap();
        assert_eq!((config.client_address, config.test_panic), (ClientAddress::Socket, false));
        assert_eq!(read(&[]), Err("SERVER_SECRET"));
        assert_eq!(read(&[("SERVER_SECRET", "short")]), Err("SERVER_SECRET"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(&[SECRET, ("CLIENT_ADDRESS", "guess")]), Err("CLIENT_ADDRESS"));
        assert_eq!(read(&[SECRET, ("CLIENT_ADDRESS", "header:")]), Err("CLIENT_ADDRESS"));
        assert_eq!(read(&[SECRET, ("ALLOWED_ORIGINS", "*")]), Err("ALLOWED_ORIGINS"));
        assert_eq!(
            read(&[SECRET, ("ALLOWED_ORIGINS", "https://a.example, https://b.example/x")]),
            Err("ALLOWED_ORIGINS")
        );
        assert_eq!(read(&[SECRET, ("HUB_CAPACITY", "0")]), Err("HUB_CAPACITY"));
        assert_eq!(read(&[SECRET, ("REGISTRATIONS_PER_ADDRESS", "many")]), Err("REGISTRATIONS_PER_ADDRESS"));
    }

    #[test]
    fn a_configuration_never_prints_its_secret() {
        assert!(!format!("{:?}", read(&[SECRET]).unwrap()).contains("0123"));
    }
}
