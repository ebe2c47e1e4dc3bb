//! What `make demo DEMO_ARGS="…"` passes on.

use std::path::PathBuf;

/// More is no question of the demo's.
const MOST_GATEWAYS: usize = 10;

/// How to run the demo.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Demo {
    /// The gateway's program; the one built beside this program unless given.
    pub(crate) gateway: Option<PathBuf>,
    /// The gateway's port; 0 takes any free one.
    pub(crate) port: u16,
    /// Where the gateway keeps its tables; a fresh file of its own unless given.
    pub(crate) database: Option<String>,
    /// Where the gateway publishes events.
    pub(crate) events: String,
    /// How many gateways there are; several are behind a balancer.
    pub(crate) gateways: usize,
    /// Another public address, which a second gateway on the same database answers for: hosts that insist on https are
    /// tried with it.
    pub(crate) also: Option<String>,
    /// Whether forty people work at the three companies, instead of a dozen.
    pub(crate) crowd: bool,
}

/// Reads the arguments: `--gateway PATH`, `--port N`, `--database URL`, `--events URL`, `--gateways N`, `--also URL`,
/// `--crowd`. `--release` chose which programs were built, so it is of no more interest here.
pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Demo, String> {
    let mut demo = Demo {
        gateway: None,
        port: 8080,
        database: None,
        events: "memory:".to_owned(),
        gateways: 1,
        also: None,
        crowd: false,
    };
    while let Some(argument) = arguments.next() {
        let (name, given) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            given
                .clone()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name.as_str() {
            "--release" => {}
            "--crowd" => demo.crowd = true,
            "--gateway" => demo.gateway = Some(value()?.into()),
            "--port" => {
                demo.port = value()?
                    .parse()
                    .map_err(|_| "--port needs a number up to 65535".to_owned())?;
            }
            "--database" => demo.database = Some(value()?),
            "--events" => demo.events = value()?,
            "--gateways" => {
                let given: Option<usize> = value()?.parse().ok();
                demo.gateways = given
                    .filter(|it| (1..=MOST_GATEWAYS).contains(it))
                    .ok_or_else(|| format!("--gateways needs a number up to {MOST_GATEWAYS}"))?;
            }
            "--also" => demo.also = Some(value()?),
            other => {
                return Err(format!(
                    "unknown option {other}: there are --release, --crowd, --gateway, --port, --database, --events, --gateways and --also"
                ));
            }
        }
    }
    if demo.gateways > 1 && (demo.database.is_none() || demo.events == "memory:") {
        return Err(
            "several gateways need --database and --events: `make cluster` has both".to_owned(),
        );
    }
    Ok(demo)
}

#[cfg(test)]
mod tests {
    use super::read;

    fn given(arguments: &str) -> Result<super::Demo, String> {
        read(arguments.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn values_follow_a_space_or_an_equals_sign() {
        let demo = given("--release --port 9000 --database=postgres://localhost/x").unwrap();
        assert_eq!(demo.port, 9000);
        assert_eq!(demo.database.as_deref(), Some("postgres://localhost/x"));
    }

    #[test]
    fn a_wrong_option_says_which_there_are() {
        assert!(given("--prot 9000").unwrap_err().contains("--port"));
        assert!(given("--port").unwrap_err().contains("needs a value"));
        assert!(given("--gateways 0").unwrap_err().contains("up to 10"));
    }

    #[test]
    fn several_gateways_need_something_between_them() {
        let alone = given("--gateways 3 --database postgres://x/y");
        assert!(alone.unwrap_err().contains("--events"));
        let demo = given("--gateways 3 --database postgres://x/y --events nats://z").unwrap();
        assert_eq!(demo.gateways, 3);
    }
}
