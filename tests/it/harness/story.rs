//! The story's links: what the people of the sandbox would have linked to its issues.

use trefoil::id::{IssueId, NodeId};
use trefoil::store::link::{self, Target};

use super::person::Person;

/// The UUIDs of the four recorded meetings of DEMO-42.
pub const RECORDINGS: [&str; 4] = [
    "4444AAAiAAAAAiAiAiiAii==",
    "/ajXp112QmuoKj4854875==",
    "abc//def1234567890123==",
    "a/bc/def==",
];

impl Person<'_> {
    /// Links everything of DEMO-42: 20 mails, 5 meetings, 3 chats, 4 tasks and 4 recordings, straight in the store.
    pub async fn has_linked_everything(&self) {
        let mut targets: Vec<Target> = (1..=20).map(|k| mail(42, k)).collect();
        targets
            .extend((1..=5).map(|k| {
                Target::Event(format!("demo-42-event-{k}@acme.example").parse().unwrap())
            }));
        for chat in self.chats().await {
            targets.push(Target::Chat(chat.parse().unwrap()));
        }
        targets.extend(self.tasks());
        targets.extend(RECORDINGS.map(|it| Target::ZoomRecording(it.parse().unwrap())));
        assert_eq!(targets.len(), 36, "the story has changed");
        self.has_linked("10042", &targets).await;
        self.house.sandbox.world().clear_requests();
    }

    /// Links things to an issue, straight in the store.
    pub async fn has_linked(&self, issue: &str, targets: &[Target]) {
        let (person, site) = self.ids().await;
        let Ok(NodeId::Site(site)) = site.parse() else {
            panic!("the site has no id");
        };
        let issue: IssueId = issue.parse().unwrap();
        let store = &self.house.gateway().app.store;
        for target in targets {
            link::add(store, site, issue, target, person.parse().unwrap())
                .await
                .unwrap();
        }
    }

    /// The ids of this person's three chats about DEMO-42.
    pub async fn chats(&self) -> Vec<String> {
        let chats = self.house.graph(self.handle, "/me/chats").await;
        let ids = chats["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned());
        ids.take(3).collect()
    }

    /// This person's own tasks for DEMO-42.
    pub fn tasks(&self) -> Vec<Target> {
        let ids = self.house.sandbox.graph_task_ids(self.handle, "10042");
        ids.iter()
            .map(|(list, task)| Target::Task(list.parse().unwrap(), task.parse().unwrap()))
            .collect()
    }
}

/// A mail of the story.
pub fn mail(issue: u32, k: u32) -> Target {
    Target::Mail(
        format!("<demo-{issue}-{k}@mail.acme.example>")
            .parse()
            .unwrap(),
    )
}
