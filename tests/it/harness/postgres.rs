//! PostgreSQL for a test that stops it: Debian's server on a port of its own.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, getuid, kill_process};
use sea_orm::Database as Connection;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::nats::eventually;

/// A server, gone with the test.
pub struct Postgres {
    child: Option<Child>,
    programs: PathBuf,
    port: u16,
    dir: TempDir,
}

impl Postgres {
    /// Makes a new one and starts it.
    pub async fn start() -> Self {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
        let programs = versions
            .flatten()
            .map(|it| it.unwrap().path().join("bin"))
            .max()
            .expect("PostgreSQL is there: `make setup` installs it");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = Self {
            child: None,
            programs,
            port: free.local_addr().unwrap().port(),
            dir: TempDir::new().unwrap(),
        };
        drop(free);
        if getuid().is_root() {
            let (user, group) = postgres_user();
            chown(server.dir.path(), Some(user), Some(group)).unwrap();
        }
        let made = server
            .command("initdb")
            .args(["-U", "trefoil", "--auth=trust", "--no-sync"])
            .args(["--encoding=UTF8", "--locale=C"])
            .output()
            .await
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        server.starts_again().await;
        server
    }

    /// The address of the database that is always there.
    pub fn url(&self) -> String {
        format!("postgres://trefoil@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once, and every connection with it.
    pub async fn stops(&mut self) {
        let mut child = self.child.take().unwrap();
        let id = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
        kill_process(id, Signal::QUIT).unwrap();
        child.wait().await.unwrap();
    }

    /// Starts it on the same port, with what it had kept.
    pub async fn starts_again(&mut self) {
        let (port, dir) = (self.port.to_string(), self.dir.path().display().to_string());
        let child = self
            .command("postgres")
            .args(["-p", &port, "-k", &dir])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .args(["-c", "max_connections=200"])
            .spawn()
            .unwrap();
        self.child = Some(child);
        let url = self.url();
        let connection = eventually("PostgreSQL answers", || async {
            Connection::connect(&url).await.ok()
        })
        .await;
        connection.close().await.unwrap();
    }

    /// A program of its, as somebody whom it takes: it refuses to run as root.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .arg("-D")
            .arg(self.dir.path().join("data"))
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if getuid().is_root() {
            let (user, group) = postgres_user();
            command.uid(user).gid(group);
        }
        command
    }
}

/// The ids of Debian's user for it, and of its group.
fn postgres_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let user = users.lines().find(|it| it.starts_with("postgres:"));
    let mut fields = user.expect("there is a user for it").split(':').skip(2);
    let mut id = || fields.next().unwrap().parse().unwrap();
    (id(), id())
}
