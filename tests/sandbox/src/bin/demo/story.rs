//! The state the demo begins with: the app installed, people connected, and the main issue's items linked.

use std::fmt::Display;

use reqwest::Client;
use sandbox::{Sandbox, entra, jira, visitor::Visitor, world::SITES};
use serde_json::{Value, json};

/// Who is connected to Microsoft and Zoom from the start. Carol is not, so that her panel offers to connect.
const CONNECTED: [&str; 4] = ["alice", "bob", "frank", "ivan"];

/// Who comes from Outlook and Teams only, and is on two sites.
const ELSEWHERE: [&str; 2] = ["dan", "erin"];

/// The issue's number on Jira.
const ISSUE: &str = "10042";
/// The issue before it, DEMO-41.
const PREPARATION: &str = "10041";

/// Installs, connects and links.
pub(crate) async fn tell(sandbox: &Sandbox, gateway: &str) -> Result<(), String> {
    for site in SITES {
        let answer = sandbox.install(site, gateway).await?;
        if !matches!(answer.status, 200 | 204) {
            return Err(format!(
                "the gateway refused the install of {site}: {} {}",
                answer.status, answer.body
            ));
        }
    }
    for handle in CONNECTED {
        let person = Person::new(sandbox, gateway, handle);
        person.connect("MICROSOFT").await?;
        person.connect("ZOOM").await?;
    }
    for handle in ELSEWHERE {
        let person = Person {
            outlook: true,
            ..Person::new(sandbox, gateway, handle)
        };
        person.connect("JIRA").await?;
        person.connect("MICROSOFT").await?;
    }
    let alice = Person::new(sandbox, gateway, "alice");
    alice.link_all().await?;
    Person::new(sandbox, gateway, "bob").link_tasks().await?;
    // What the demo asked for itself is of no interest to whoever tries it.
    sandbox.world().clear_requests();
    Ok(())
}

/// Somebody on the page of their site's main issue, or in Outlook.
struct Person<'s> {
    sandbox: &'s Sandbox,
    gateway: &'s str,
    handle: &'s str,
    outlook: bool,
    client: Client,
}

impl<'s> Person<'s> {
    fn new(sandbox: &'s Sandbox, gateway: &'s str, handle: &'s str) -> Self {
        Self {
            sandbox,
            gateway,
            handle,
            outlook: false,
            client: Client::new(),
        }
    }

    /// Asks for the address of the consent page and goes there.
    async fn connect(&self, provider: &str) -> Result<(), String> {
        let mutation = "mutation($input: ConnectInput!) { connect(input: $input) { url userErrors { message } } }";
        let answer = self.ask(mutation, json!({"provider": provider})).await?;
        let url = answer["connect"]["url"]
            .as_str()
            .ok_or_else(|| self.failed("connect", &answer))?;
        let landing = Visitor::default().visit(url, self.handle, true).await?;
        if landing.status == 200 {
            Ok(())
        } else {
            Err(self.failed(
                provider,
                format!(
                    "{} at {}: {}",
                    landing.status,
                    landing.url.path(),
                    landing.body
                ),
            ))
        }
    }

    async fn link_all(&self) -> Result<(), String> {
        for number in 1..=20 {
            let message = format!("<demo-42-{number}@mail.acme.example>");
            self.link(
                "linkMail",
                "LinkMailInput",
                json!({"internetMessageId": message}),
            )
            .await?;
        }
        for event in self.graph("/me/events?$top=100&$select=id,iCalUId").await? {
            let ours = event["iCalUId"]
                .as_str()
                .is_some_and(|id| id.starts_with("demo-42-event-"));
            if ours {
                self.link(
                    "linkMeeting",
                    "LinkMeetingInput",
                    json!({"meeting": event["id"]}),
                )
                .await?;
            }
        }
        for chat in self.graph("/me/chats").await? {
            self.link("linkChat", "LinkChatInput", json!({"chat": chat["id"]}))
                .await?;
        }
        self.link_tasks().await?;
        // The Zoom meeting belongs to the preparation, so that the main issue shows what the panel's budget is about.
        let zoom = json!({"issue": PREPARATION, "meeting": "85746065", "provider": "ZOOM"});
        self.link("linkMeeting", "LinkMeetingInput", zoom).await?;
        for recording in [
            "4444AAAiAAAAAiAiAiiAii==",
            "/ajXp112QmuoKj4854875==",
            "abc//def1234567890123==",
            "a/bc/def==",
        ] {
            self.link(
                "linkRecording",
                "LinkRecordingInput",
                json!({"recording": recording}),
            )
            .await?;
        }
        Ok(())
    }

    /// Links the person's own tasks that point at the issue.
    async fn link_tasks(&self) -> Result<(), String> {
        for list in self.graph("/me/todo/lists").await? {
            let id = list["id"].as_str().unwrap_or_default();
            let path = format!("/me/todo/lists/{id}/tasks?$expand=linkedResources");
            for task in self.graph(&path).await? {
                let ours = task["linkedResources"]
                    .to_string()
                    .contains(jira::main_issue("acme"));
                if ours {
                    self.link(
                        "linkTask",
                        "LinkTaskInput",
                        json!({"list": id, "task": task["id"]}),
                    )
                    .await?;
                }
            }
        }
        Ok(())
    }

    async fn link(&self, mutation: &str, kind: &str, mut input: Value) -> Result<(), String> {
        if input["issue"].is_null() {
            input["issue"] = json!(ISSUE);
        }
        let document = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ link {{ id }} userErrors {{ message }} }} }}"
        );
        let answer = self.ask(&document, input).await?;
        if answer[mutation]["link"]["id"].is_string() {
            Ok(())
        } else {
            Err(self.failed(mutation, answer))
        }
    }

    async fn ask(&self, document: &str, mut input: Value) -> Result<Value, String> {
        input["idempotencyKey"] = json!(uuid::Uuid::new_v4());
        let token = if self.outlook {
            self.sandbox.entra_token(self.handle, entra::Host::Outlook)
        } else {
            let site = self.sandbox.world().person(self.handle).site;
            self.sandbox
                .context_token(self.handle, jira::main_issue(site))
        };
        let response = self
            .client
            .post(format!("{}/graphql", self.gateway))
            .header("authorization", format!("Bearer {token}"))
            .json(&json!({"query": document, "variables": {"input": input}}))
            .send()
            .await
            .map_err(|error| self.failed("/graphql", error))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .map_err(|error| self.failed("/graphql", error))?;
        let mut answer: Value = serde_json::from_str(&text)
            .map_err(|_| self.failed("/graphql", format!("{status} {text}")))?;
        match answer.get("errors") {
            Some(errors) => Err(self.failed("/graphql", errors)),
            None => Ok(answer["data"].take()),
        }
    }

    /// A list straight from the sandbox's Graph, to learn the ids that a person would pick in the add-in.
    async fn graph(&self, path: &str) -> Result<Vec<Value>, String> {
        let permissions = ["Calendars.Read", "Chat.Read", "Tasks.Read"];
        let token = self.sandbox.graph_token(self.handle, &permissions);
        let address = format!("{}/v1.0{path}", self.sandbox.addresses().graph);
        let answer: Value = self
            .client
            .get(address)
            .bearer_auth(token)
            .header("prefer", "IdType=\"ImmutableId\"")
            .send()
            .await
            .map_err(|error| self.failed(path, error))?
            .json()
            .await
            .map_err(|error| self.failed(path, error))?;
        match &answer["value"] {
            Value::Array(values) => Ok(values.clone()),
            _ => Err(self.failed(path, answer)),
        }
    }

    fn failed(&self, what: &str, why: impl Display) -> String {
        format!("{} could not be set up for {}: {why}", what, self.handle)
    }
}
