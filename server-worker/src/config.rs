//! Configuration: read once from the environment, validated, typed.

use crate::text::filter::WordList;
use shardlink_shared::limits::{
    AREA_CAP, HUB_CAPACITY, MAX_FRAME_PLAYERS, MAX_HUB_CAPACITY, MAX_MESSAGE_BUDGET, MAX_PARTY, MAX_TICK_RATE,
    MESSAGE_BUDGET, PARTY_SIZE, REGISTRATIONS_PER_ADDRESS, REST_PER_ADDRESS, REST_PER_SESSION,
    SIGN_IN_FAILURES_PER_ADDRESS, SIGN_IN_FAILURES_PER_NAME, SIGN_INS_PER_ADDRESS, TICK_RATE,
};
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
    /// `HUB_CAPACITY`: players in a hub, 1 to 2,000.
    pub hub_capacity: u32,
    /// `TICK_RATE`: how often a second a hub tells of moves, 1 to 60.
    pub tick_rate: u32,
    /// `AREA_CAP`: players that are seen from a cell at most, 1 to 2,000.
    pub area_cap: u32,
    /// `MESSAGE_BUDGET`: messages a second that a hub takes in, 1 to 1,000,000.
    pub message_budget: u32,
    /// `MOVEMENT_CHECK`: what becomes of impossible moves.
    pub movement_check: MovementCheck,
    /// `PARTY_SIZE`: members of a party at most, 2 to 8.
    pub party_size: u8,
    /// `WORD_FILTER`: words that are masked in chat, separated by commas; none are
    /// unless it is set.
    pub word_filter: Option<WordList>,
    /// `ADMIN_TOKEN`: what those who run the realm show, at least 32 characters; without
    /// one there are no routes for them.
    pub admin_token: Option<String>,
    /// `SIGN_IN_FAILURES_PER_NAME`: wrong passwords for a user name in a minute.
    pub failures_per_name: u32,
    /// `SIGN_IN_FAILURES_PER_ADDRESS`: wrong names or passwords from an address
    /// in a minute.
    pub failures_per_address: u32,
    /// `REGISTRATIONS_PER_ADDRESS`: registrations from an address in a minute.
    pub registrations_per_address: u32,
    /// `SIGN_INS_PER_ADDRESS`: successful plain sign-ins from an address in a minute.
    pub sign_ins_per_address: u32,
    /// `REST_PER_SESSION`: requests of a session in a minute.
    pub rest_per_session: u32,
    /// `REST_PER_ADDRESS`: requests from an address in a minute.
    pub rest_per_address: u32,
    /// `STOP_TOKEN`: what `serve` shows before it stops the server, at least 32
    /// characters; it draws one for each run.
    pub stop_token: Option<String>,
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

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cloudflare => f.write_str("cloudflare"),
            Self::Socket => f.write_str("socket"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

/// What becomes of impossible moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementCheck {
    /// `enforce`: they are corrected, counted and in the end refused.
    Enforce,
    /// `shadow`: they are counted and logged, and accepted if they are in bounds: to
    /// see whom a rule would hit before it does.
    Shadow,
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
            .field("tick_rate", &self.tick_rate)
            .field("area_cap", &self.area_cap)
            .field("message_budget", &self.message_budget)
            .field("movement_check", &self.movement_check)
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
            Some(other) => match other.strip_prefix("header:").filter(|name| is_header_name(name)) {
                Some(name) => ClientAddress::Header(name.to_owned()),
                None => {
                    return Err(ConfigError {
                        variable: "CLIENT_ADDRESS",
                        problem: "must be cloudflare, socket or header:<name>",
                    });
                }
            },
        };
        let up_to = |variable, most: usize, problem, default: usize| match set(variable) {
            None => Ok(default as u32),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (1..=most as u32).contains(number))
                .ok_or(ConfigError { variable, problem }),
        };
        let up_to_2000 = "must be an integer from 1 to 2000";
        let hub_capacity = up_to("HUB_CAPACITY", MAX_HUB_CAPACITY, up_to_2000, HUB_CAPACITY)?;
        let area_cap = up_to("AREA_CAP", MAX_FRAME_PLAYERS, up_to_2000, AREA_CAP)?;
        let up_to_60 = "must be an integer from 1 to 60";
        let tick_rate = up_to("TICK_RATE", MAX_TICK_RATE as usize, up_to_60, TICK_RATE as usize)?;
        let up_to_a_million = "must be an integer from 1 to 1000000";
        let message_budget = up_to("MESSAGE_BUDGET", MAX_MESSAGE_BUDGET, up_to_a_million, MESSAGE_BUDGET as usize)?;
        let movement_check = match set("MOVEMENT_CHECK").as_deref() {
            None | Some("enforce") => MovementCheck::Enforce,
            Some("shadow") => MovementCheck::Shadow,
            Some(_) => {
                return Err(ConfigError { variable: "MOVEMENT_CHECK", problem: "must be enforce or shadow" });
            }
        };
        let party_size = match set("PARTY_SIZE") {
            None => PARTY_SIZE as u8,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (2..=MAX_PARTY as u8).contains(size))
                .ok_or(ConfigError { variable: "PARTY_SIZE", problem: "must be an integer from 2 to 8" })?,
        };
        let word_filter = set("WORD_FILTER").map(|list| WordList::parse(&list));
        let admin_token = set("ADMIN_TOKEN");
        if admin_token.as_ref().is_some_and(|token| token.len() < 32) {
            return Err(ConfigError { variable: "ADMIN_TOKEN", problem: "must have at least 32 characters" });
        }
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
        let sign_ins_per_address = per_minute("SIGN_INS_PER_ADDRESS", SIGN_INS_PER_ADDRESS)?;
        let rest_per_session = per_minute("REST_PER_SESSION", REST_PER_SESSION)?;
        let rest_per_address = per_minute("REST_PER_ADDRESS", REST_PER_ADDRESS)?;
        let stop_token = set("STOP_TOKEN");
        if stop_token.as_ref().is_some_and(|token| token.len() < 32) {
            return Err(ConfigError { variable: "STOP_TOKEN", problem: "must be at least 32 random characters" });
        }
        let test_panic = set("TEST_PANIC").is_some();
        Ok(Self {
            server_secret,
            allowed_origins,
            client_address,
            hub_capacity,
            tick_rate,
            area_cap,
            message_budget,
            movement_check,
            party_size,
            word_filter,
            admin_token,
            failures_per_name,
            failures_per_address,
            registrations_per_address,
            sign_ins_per_address,
            rest_per_session,
            rest_per_address,
            stop_token,
            test_panic,
        })
    }
}

/// Whether a text can be a header's name (RFC 9110 §5.6.2).
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
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
        assert_eq!(read(&[SECRET, ("CLIENT_ADDRESS", "header:X Real IP")]), Err("CLIENT_ADDRESS"));
        assert_eq!(read(&[SECRET, ("ALLOWED_ORIGINS", "*")]), Err("ALLOWED_ORIGINS"));
        assert_eq!(
            read(&[SECRET, ("ALLOWED_ORIGINS", "https://a.example, https://b.example/x")]),
            Err("ALLOWED_ORIGINS")
        );
        for (variable, wrong) in [
            ("HUB_CAPACITY", ["0", "2001", "many"]),
            ("AREA_CAP", ["0", "2001", "-1"]),
            ("TICK_RATE", ["0", "61", "20.5"]),
            ("MESSAGE_BUDGET", ["0", "1000001", "lots"]),
            ("MOVEMENT_CHECK", ["off", "Shadow", "true"]),
            ("PARTY_SIZE", ["1", "9", "four"]),
            ("ADMIN_TOKEN", ["short", "admin", "0123456789abcdef0123456789abcde"]),
        ] {
            for value in wrong {
                assert_eq!(read(&[SECRET, (variable, value)]), Err(variable), "{value}");
            }
        }
        assert_eq!(read(&[SECRET, ("STOP_TOKEN", "short")]), Err("STOP_TOKEN"));
        for variable in [
            "SIGN_IN_FAILURES_PER_NAME",
            "SIGN_IN_FAILURES_PER_ADDRESS",
            "REGISTRATIONS_PER_ADDRESS",
            "SIGN_INS_PER_ADDRESS",
            "REST_PER_SESSION",
            "REST_PER_ADDRESS",
        ] {
            for value in ["0", "many", "-1", "1.5"] {
                assert_eq!(read(&[SECRET, (variable, value)]), Err(variable), "{value}");
            }
        }
    }

    #[test]
    fn a_hub_has_its_defaults_and_may_be_set_otherwise() {
        let hub = |config: Config| (config.hub_capacity, config.tick_rate, config.area_cap, config.movement_check);
        assert_eq!(hub(read(&[SECRET]).unwrap()), (500, 20, 200, MovementCheck::Enforce));
        let set =
            [SECRET, ("HUB_CAPACITY", "2000"), ("TICK_RATE", "60"), ("AREA_CAP", "1"), ("MOVEMENT_CHECK", "shadow")];
        assert_eq!(hub(read(&set).unwrap()), (2_000, 60, 1, MovementCheck::Shadow));
    }

    #[test]
    fn a_configuration_never_prints_its_secret() {
        assert!(!format!("{:?}", read(&[SECRET]).unwrap()).contains("0123"));
    }
}
