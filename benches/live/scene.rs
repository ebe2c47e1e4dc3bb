//! What every measurement has around it: canned vendors, a database with people, and gateways to start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use trefoil::id::IssueId;
use trefoil::store::Store;

use super::canned::Calls;
use super::client::{Connection, get};
use super::hall::Seat;
use super::line::Transport;
use super::people;
use super::process::{Cores, Process, free_address};
use super::vendor::Object;
use super::{Options, Result};

/// How many sites there are.
const SITES: usize = 4;
/// How many listen to the same issue.
const TOGETHER: usize = 10;
/// Connections that one person has, about.
const EACH: usize = 4;
/// How often something is looked at that takes its time.
const GLANCE: Duration = Duration::from_millis(50);

/// Where everything of a measurement is.
pub struct Scene {
    cores: Cores,
    folder: TempDir,
    program: PathBuf,
    upstream: SocketAddr,
    _vendors: Process,
    sites: Vec<Site>,
}

struct Site {
    client_key: String,
    people: Vec<Somebody>,
}

struct Somebody {
    account: String,
    /// Their id at Zoom.
    zoom: String,
}

/// A running gateway.
pub struct Gateway {
    /// Its process.
    pub process: Process,
    /// Where it answers.
    pub address: SocketAddr,
    admin: SocketAddr,
}

impl Scene {
    /// Starts the vendors, and settles people for so many connections.
    pub async fn set(options: &Options, connections: usize) -> Result<Self> {
        let cores = Cores::look().await;
        cores.step_aside().await?;
        let folder = TempDir::new()?;
        let own = std::env::current_exe()?;
        let upstream = free_address()?;
        let mut command = cores.beside(&own);
        command.args(["canned", &upstream.to_string()]);
        let log = folder.path().join("canned.log");
        let (vendors, _) = Process::start(command, &log, upstream, "/calls").await?;
        let mut scene = Self {
            cores,
            folder,
            program: options.gateway.clone(),
            upstream,
            _vendors: vendors,
            sites: Vec::new(),
        };
        let each = (connections / EACH / SITES).max(TOGETHER);
        scene.settle(each).await?;
        Ok(scene)
    }

    async fn settle(&mut self, each: usize) -> Result<()> {
        let store = Store::connect(&self.database()).await?;
        store.migrate().await?;
        let keyring = people::keyring();
        for number in 0..SITES {
            let client_key = format!("b2a6dcb1-4f0e-4a1c-8d5a-6f9a6f0f3c{number:02}");
            let site = people::install(&store, &keyring, &self.origin(), &client_key).await?;
            let mut settled = Vec::with_capacity(each);
            for place in 0..each {
                let account = format!("5b10a2844c20165700ed{place:04}");
                let person = people::introduce(&store, &keyring, site, &account).await?;
                let zoom = person.to_string();
                settled.push(Somebody { account, zoom });
            }
            self.sites.push(Site {
                client_key,
                people: settled,
            });
        }
        Ok(())
    }

    fn origin(&self) -> String {
        format!("http://{}", self.upstream)
    }

    fn database(&self) -> String {
        let file = self.folder.path().join("trefoil.db");
        format!("sqlite://{}?mode=rwc", file.display())
    }

    /// Starts a gateway with more settings, as `LIMITS__DEPTH`.
    pub async fn gateway(&self, more: &[(&str, &str)]) -> Result<Gateway> {
        self.gateway_at(free_address()?, more).await
    }

    /// Starts a gateway where one was before.
    pub async fn gateway_at(&self, address: SocketAddr, more: &[(&str, &str)]) -> Result<Gateway> {
        let admin = free_address()?;
        let mut command = self.cores.measured(&self.program);
        command.arg("serve").envs(people::settings(
            &self.origin(),
            &self.database(),
            &address.to_string(),
            &admin.to_string(),
        ));
        for (name, value) in more {
            command.env(format!("TREFOIL__{name}"), value);
        }
        let log = self.folder.path().join("gateway.log");
        let (process, _) = Process::start(command, &log, admin, "/readyz").await?;
        Ok(Gateway {
            process,
            address,
            admin,
        })
    }

    /// What events happen to, and who listens to it, over both transports: nine of ten to an issue, with nine others;
    /// the rest to the recordings of what they host themselves.
    pub fn seats(&self, connections: usize) -> (Vec<Object>, Vec<Seat>) {
        let (mut objects, mut seats) = (Vec::new(), Vec::new());
        let hosts = connections / TOGETHER / 2;
        let issues = (connections - hosts * 2).div_ceil(TOGETHER);
        for number in 0..issues {
            let site = &self.sites[number % SITES];
            let issue = 10_042 + u64::try_from(number).unwrap_or_default();
            let what = Object::Issue {
                client_key: site.client_key.clone(),
                issue,
            };
            let first = number / SITES * TOGETHER;
            let taken = (connections - hosts * 2 - number * TOGETHER).min(TOGETHER);
            for place in first..first + taken {
                let somebody = &site.people[place % site.people.len()];
                seats.push(seat(site, somebody, issue, objects.len(), &what, place));
            }
            objects.push(what);
        }
        for number in 0..hosts {
            let site = &self.sites[number % SITES];
            let somebody = &site.people[number / SITES % site.people.len()];
            let host = somebody.zoom.clone();
            let what = Object::Recordings { host };
            for place in 0..2 {
                seats.push(seat(site, somebody, 10_042, objects.len(), &what, place));
            }
            objects.push(what);
        }
        (objects, seats)
    }

    /// How often the vendors were asked.
    pub async fn calls(&self) -> Result<Calls> {
        let mut connection = Connection::open(self.upstream).await?;
        let (_, body) = connection.ask(&get("/calls")).await?;
        Ok(serde_json::from_slice(body)?)
    }
}

fn seat(
    site: &Site,
    somebody: &Somebody,
    issue: u64,
    object: usize,
    what: &Object,
    place: usize,
) -> Seat {
    let issue: IssueId = issue
        .to_string()
        .parse()
        .expect("a number is an issue's id");
    let token = people::context_token_of(&site.client_key, &somebody.account, issue);
    Seat {
        object,
        transport: if place.is_multiple_of(2) {
            Transport::Stream
        } else {
            Transport::Socket
        },
        authorization: format!("JWT {token}"),
        subscription: what.subscription(),
    }
}

impl Gateway {
    /// The sum of a metric over its labels.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let mut connection = Connection::open(self.admin).await?;
        let (_, body) = connection.ask(&get("/metrics")).await?;
        let text = String::from_utf8_lossy(body);
        let values = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let is_it = rest.starts_with(['{', ' ']);
            is_it.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
        });
        // The sum of nothing is -0.
        Ok(values.sum::<f64>() + 0.0)
    }

    /// Waits until so many subscriptions are open.
    pub async fn has(&self, count: usize, limit: Duration) -> Result<()> {
        let begun = Instant::now();
        loop {
            let open = self.metric("trefoil_live_subscriptions").await?;
            #[expect(clippy::cast_precision_loss, reason = "nobody counts so far")]
            if (open - count as f64).abs() < 0.5 {
                return Ok(());
            }
            if begun.elapsed() > limit {
                return Err(format!("{open} subscriptions are open instead of {count}").into());
            }
            sleep(GLANCE).await;
        }
    }
}

/// Waits until something has become so; whether it has.
pub async fn until(limit: Duration, so: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !so() {
        if begun.elapsed() > limit {
            return false;
        }
        sleep(GLANCE).await;
    }
    true
}
