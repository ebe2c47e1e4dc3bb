//! The real program beside the gateways of a house, to be killed.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::House;
use super::person::client;

/// The real program on the database of a house, killed at the latest with the test.
pub struct Process {
    child: Child,
    /// Where it answers GraphQL.
    pub url: String,
    folder: tempfile::TempDir,
}

impl Process {
    /// Starts it with these settings (TOML) on top of the house's, and waits until it is ready.
    pub async fn start(house: &House, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = || {
            TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
        };
        let (listen, admin) = (free(), free());
        let more =
            format!("{settings}\nserver.listen = \"{listen}\"\nserver.admin_listen = \"{admin}\"");
        let settings = folder.path().join("trefoil.toml");
        fs::write(&settings, house.settings(&more)).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_trefoil"))
            .arg("--config")
            .arg(&settings)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let process = Self {
            child,
            url: format!("http://{listen}/graphql"),
            folder,
        };
        for _ in 0..600 {
            let ready = client().get(format!("http://{admin}/readyz")).send().await;
            if ready.is_ok_and(|it| it.status().is_success()) {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the gateway is not ready: {}", process.log());
    }

    /// What somebody is answered there.
    pub async fn asks(&self, token: &str, query: &str, variables: &Value) -> Value {
        let request = client()
            .post(&self.url)
            .header("Authorization", format!("JWT {token}"))
            .json(&json!({ "query": query, "variables": variables }));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, as `kill -9` sends it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
