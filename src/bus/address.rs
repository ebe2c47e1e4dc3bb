//! What `events.url` and `events.subject_prefix` say: where the bus is, who we are there, and under which words.

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use url::Url;

use super::Error;

/// The version of what travels, a word of every subject: gateways of different versions may run side by side.
const FORMAT: &str = "1";

/// Where the bus is.
#[derive(Debug)]
pub enum Address {
    /// In this process.
    Memory,
    /// On NATS.
    Nats(Servers),
}

/// The servers of one NATS, and who we are there.
pub struct Servers {
    /// Without credentials: the client writes addresses to its log.
    pub(super) addresses: Vec<ServerAddr>,
    /// The beginning of every subject, with its last dot.
    pub(super) prefix: String,
    login: Login,
}

enum Login {
    None,
    Token(String),
    Password(String, String),
}

impl Address {
    /// Reads `memory:`, or `nats://` (or `tls://`) `[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, several of them separated by
    /// commas: the first that has credentials has them for all.
    pub fn parse(url: &str, prefix: &str) -> Result<Self, Error> {
        let fine = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        if !prefix
            .split('.')
            .all(|word| !word.is_empty() && word.chars().all(fine))
        {
            return Err(Error::Prefix);
        }
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        let mut servers = Servers {
            addresses: Vec::new(),
            prefix: format!("{prefix}.{FORMAT}."),
            login: Login::None,
        };
        for part in url.split(',') {
            servers.add(part.trim())?;
        }
        Ok(Self::Nats(servers))
    }
}

impl Servers {
    fn add(&mut self, text: &str) -> Result<(), Error> {
        let mut url: Url = text.parse().map_err(|_| Error::Address)?;
        let plain = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.host_str().is_some_and(|host| !host.is_empty());
        if !matches!(url.scheme(), "nats" | "tls") || !plain {
            return Err(Error::Address);
        }
        let login = match (url.username(), url.password()) {
            ("", None) => Login::None,
            (token, None) => Login::Token(decoded(token)?),
            (user, Some(password)) => Login::Password(decoded(user)?, decoded(password)?),
        };
        if matches!(self.login, Login::None) {
            self.login = login;
        }
        let stripped = url.set_username("").and_then(|()| url.set_password(None));
        stripped.map_err(|()| Error::Address)?;
        let address = ServerAddr::from_url(url).map_err(|_| Error::Address)?;
        self.addresses.push(address);
        Ok(())
    }

    /// The client's options, with who we are.
    pub(super) fn options(&self) -> ConnectOptions {
        let options = ConnectOptions::new();
        match &self.login {
            Login::None => options,
            Login::Token(token) => options.token(token.clone()),
            Login::Password(user, password) => {
                options.user_and_password(user.clone(), password.clone())
            }
        }
    }
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Servers")
            .field("addresses", &self.addresses.len())
            .finish_non_exhaustive()
    }
}

fn decoded(text: &str) -> Result<String, Error> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text.map_err(|_| Error::Address)?.into_owned())
}

#[cfg(test)]
mod tests {
    use async_nats::ServerAddr;

    use super::{Address, Login};

    fn nats(url: &str) -> super::Servers {
        match Address::parse(url, "trefoil") {
            Ok(Address::Nats(servers)) => servers,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn credentials_are_taken_out_of_the_address() {
        let servers = nats("nats://us%40er:p%3Aass@a.example:4333,tls://b.example");
        let Login::Password(user, password) = &servers.login else {
            panic!("no password");
        };
        assert_eq!((user.as_str(), password.as_str()), ("us@er", "p:ass"));
        let addresses: Vec<_> = servers
            .addresses
            .iter()
            .map(ServerAddr::as_url_str)
            .collect();
        assert_eq!(addresses, ["nats://a.example:4333", "tls://b.example"]);
        assert_eq!(servers.addresses[1].port(), 4222);
        assert!(matches!(nats("nats://t0ken@h").login, Login::Token(it) if it == "t0ken"));
        assert!(matches!(nats("nats://[::1]:1").login, Login::None));
        assert_eq!(nats("nats://h").prefix, "trefoil.1.");
    }

    #[test]
    fn what_is_no_address_or_prefix_is_refused_without_being_repeated() {
        for url in [
            "",
            "memory",
            "http://s3cret@h",
            "nats://",
            "nats:h",
            "nats://s3cret@h/x",
            "nats://h?s3cret",
            "nats://h,",
            "nats://h:99999",
        ] {
            let error = Address::parse(url, "trefoil").unwrap_err().to_string();
            assert!(error.starts_with("events.url "), "{url}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        for prefix in ["", ".", "a.", "a..b", "a b", "a.*", ">"] {
            let error = Address::parse("memory:", prefix).unwrap_err().to_string();
            assert!(error.starts_with("events.subject_prefix "), "{error}");
        }
    }
}
