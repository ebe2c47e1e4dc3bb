//! The balancer before several gateways, configured as `deploy/haproxy.cfg` has it but for the addresses.

use std::{
    env,
    fs::{self, File},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::gateway::Gateway;

/// What an operator would run.
const DEPLOYED: &str = include_str!("../../../../../deploy/haproxy.cfg");
/// The same for these gateways.
const CONFIGURATION: &str = "target/demo-balancer.cfg";
/// Where its complaints go.
pub(crate) const LOG: &str = "target/demo-balancer.log";
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running balancer.
pub(crate) struct Balancer {
    /// Its process.
    pub(crate) child: Child,
}

impl Balancer {
    /// Starts it on an address before these gateways, and waits until it listens.
    pub(crate) async fn start(listen: &str, gateways: &[Gateway]) -> Result<Self, String> {
        let addresses: Vec<_> = gateways
            .iter()
            .map(|it| (plain(&it.url), plain(&it.admin)))
            .collect();
        let failed = |error: std::io::Error| format!("the balancer does not start: {error}");
        fs::write(CONFIGURATION, configuration(listen, &addresses)?).map_err(failed)?;
        let log = File::create(LOG).map_err(failed)?;
        // Debian has it among the programs of administrators.
        let path = env::var("PATH").unwrap_or_default();
        let mut child = Command::new("haproxy")
            .args(["-db", "-f", CONFIGURATION])
            .env("PATH", format!("{path}:/usr/sbin"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}; `make setup` installs haproxy", failed(error)))?;
        let begun = Instant::now();
        while TcpStream::connect(listen).await.is_err() {
            if child.try_wait().is_ok_and(|ended| ended.is_some()) || begun.elapsed() > PATIENCE {
                return Err(format!("the balancer does not listen: see {LOG}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { child })
    }
}

fn plain(url: &str) -> &str {
    url.trim_start_matches("http://")
}

/// The deployed configuration for an address and for gateways by theirs: the public one, and that of health.
fn configuration(listen: &str, gateways: &[(&str, &str)]) -> Result<String, String> {
    let mut lines = Vec::new();
    // Names are looked up where containers run; here they are addresses.
    let sections = DEPLOYED
        .split("\n\n")
        .filter(|it| !it.starts_with("resolvers "));
    for section in sections {
        for line in section.lines() {
            if line.trim() == "bind :8080" {
                lines.push(format!("    bind {listen}"));
            } else if line.trim().starts_with("server-template ") {
                let checked = line
                    .split_once(" check port 9090 ")
                    .and_then(|(_, rest)| rest.split_once(" resolvers "));
                let (checked, _) = checked.ok_or("deploy/haproxy.cfg checks in another way")?;
                for (number, (public, admin)) in gateways.iter().enumerate() {
                    let port = admin.rsplit(':').next().unwrap_or_default();
                    lines.push(format!(
                        "    server gateway{number} {public} check port {port} {checked}"
                    ));
                }
            } else {
                lines.push(line.to_owned());
            }
        }
        lines.push(String::new());
    }
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::configuration;

    #[test]
    fn what_is_deployed_is_tried_with_other_addresses() {
        let gateways = [
            ("127.0.0.1:1001", "127.0.0.1:2001"),
            ("127.0.0.1:1002", "127.0.0.1:2002"),
        ];
        let text = configuration("127.0.0.1:8000", &gateways).unwrap();
        assert!(text.contains("\n    bind 127.0.0.1:8000\n"), "{text}");
        for line in [
            "    server gateway0 127.0.0.1:1001 check port 2001 inter 1s fall 2 rise 1\n",
            "    server gateway1 127.0.0.1:1002 check port 2002 inter 1s fall 2 rise 1\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
        for gone in [":8080", "9090", "resolvers", "server-template"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        assert!(text.contains("balance roundrobin"));
    }
}
