//! Who listens to what in this process, and with whose rights it may be had.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use crate::auth::Caller;
use crate::event::Personal;
use crate::id::{EntraUser, GraphId};
use crate::store::watch::Source;

/// The callers remembered of one source, newest first: one may lack what another has.
const CALLERS: usize = 4;
/// How many sources are worked on at once.
const AT_ONCE: usize = 16;

/// The wishes of this process. Clones share them.
#[derive(Debug, Clone)]
pub struct Watches(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    /// Names this process in the store.
    pub gateway: String,
    /// Told when there is something new to look at.
    pub woken: Notify,
    /// Taken by those at work.
    pub places: Semaphore,
    /// People's default lists of tasks, as far as they were found out.
    pub default_lists: Cache<EntraUser, GraphId>,
    /// Rows nobody wishes for and this process has no right to, not looked at again for a while.
    pub powerless: Cache<String, ()>,
    wishes: Mutex<Wishes>,
}

#[derive(Debug, Default)]
struct Wishes {
    sources: HashMap<Source, Wish>,
    /// What the store was told of each row, by the row's id.
    told: HashMap<String, Told>,
    /// The rows that this process works on.
    busy: HashSet<String>,
}

/// The wish for one source.
#[derive(Debug, Default)]
struct Wish {
    listeners: u32,
    /// Newest first, also of those who have gone: the last of them takes away what they wished for.
    callers: Vec<Arc<Caller>>,
    /// Somebody came since it was last looked at.
    fresh: bool,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    listeners: u32,
    at: i64,
}

/// What the wishes come to.
#[derive(Debug, Default)]
pub(super) struct News {
    /// What the store has to be told: the rows and how many listen.
    pub tell: Vec<(Source, u32)>,
    /// The ids of all rows that somebody here listens to.
    pub wanted: Vec<String>,
    /// Those of them that somebody new listens to.
    pub fresh: Vec<String>,
}

/// A wish that counts until this is dropped.
#[derive(Debug)]
#[must_use = "the wish ends when this is dropped"]
pub struct Hold {
    shared: Arc<Shared>,
    sources: Vec<Source>,
}

/// Work on a row by this process, until this is dropped.
#[derive(Debug)]
pub(super) struct Busy {
    shared: Arc<Shared>,
    id: String,
}

impl Default for Watches {
    fn default() -> Self {
        Self(Arc::new(Shared {
            gateway: Uuid::new_v4().to_string(),
            woken: Notify::new(),
            places: Semaphore::new(AT_ONCE),
            default_lists: Cache::new(100_000),
            powerless: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(Duration::from_mins(1))
                .build(),
            wishes: Mutex::default(),
        }))
    }
}

impl Watches {
    pub(super) fn hold(&self, caller: &Arc<Caller>, sources: Vec<Source>) -> Hold {
        let mut wishes = self.0.lock();
        for source in &sources {
            let wish = wishes.sources.entry(source.clone()).or_default();
            wish.listeners += 1;
            wish.fresh = true;
            wish.callers
                .retain(|it| it.person != caller.person || it.host != caller.host);
            wish.callers.insert(0, Arc::clone(caller));
            wish.callers.truncate(CALLERS);
        }
        drop(wishes);
        if !sources.is_empty() {
            self.0.woken.notify_one();
        }
        Hold {
            shared: Arc::clone(&self.0),
            sources,
        }
    }
}

impl Shared {
    /// What is new to the store: rows it was never told of, those nobody here listens to any more, and those it was told
    /// of `every` milliseconds ago, because a wish lapses.
    pub fn news(&self, now: i64, every: i64) -> News {
        let mut wishes = self.lock();
        let mut rows: HashMap<Source, u32> = HashMap::new();
        let mut news = News::default();
        for (source, wish) in &mut wishes.sources {
            let row = self.row(source);
            if std::mem::take(&mut wish.fresh) && wish.listeners > 0 {
                news.fresh.push(row.id());
            }
            *rows.entry(row).or_default() += wish.listeners;
        }
        for (row, listeners) in rows {
            let id = row.id();
            let is_new = match wishes.told.get(&id) {
                None => listeners > 0,
                Some(told) if listeners == 0 => told.listeners > 0,
                Some(told) => told.listeners == 0 || now - told.at >= every,
            };
            if is_new {
                news.tell.push((row, listeners));
            }
            if listeners > 0 {
                news.wanted.push(id);
            }
        }
        news
    }

    /// The store was told.
    pub fn told(&self, tell: &[(Source, u32)], now: i64) {
        let mut wishes = self.lock();
        for (row, listeners) in tell {
            let told = Told {
                listeners: *listeners,
                at: now,
            };
            wishes.told.insert(row.id(), told);
        }
    }

    /// Forgets what nobody has listened to since before `then`, and those who did.
    pub fn forget(&self, then: i64) {
        let mut wishes = self.lock();
        let Wishes { sources, told, .. } = &mut *wishes;
        sources.retain(|source, wish| {
            let told = told.get(&self.row(source).id());
            wish.listeners > 0 || told.is_some_and(|told| told.listeners > 0 || told.at >= then)
        });
        told.retain(|_, told| told.at >= then);
    }

    /// Whose rights to a row may be used: of those who listen, or did last; the newest first.
    pub fn callers(&self, row: &Source) -> Vec<Arc<Caller>> {
        let wishes = self.lock();
        let mut callers: Vec<_> = wishes
            .sources
            .iter()
            .filter(|(source, _)| self.row(source) == *row)
            .flat_map(|(_, wish)| wish.callers.iter().cloned())
            .collect();
        callers.sort_by_key(|it| std::cmp::Reverse(it.expires_at));
        callers
    }

    /// Begins work on a row, unless it is under way.
    pub fn begin(self: &Arc<Self>, id: &str) -> Option<Busy> {
        self.lock().busy.insert(id.to_owned()).then(|| Busy {
            shared: Arc::clone(self),
            id: id.to_owned(),
        })
    }

    /// The row of a source: that of the default list of tasks is the list's, once it is known.
    fn row(&self, source: &Source) -> Source {
        match source {
            Source::Personal(owner, Personal::Tasks, None) => {
                Source::Personal(*owner, Personal::Tasks, self.default_lists.get(owner))
            }
            other => other.clone(),
        }
    }

    /// What was held while somebody panicked is whole: nothing here is left half done.
    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut wishes = self.shared.lock();
        for source in &self.sources {
            if let Some(wish) = wishes.sources.get_mut(source) {
                wish.listeners -= 1;
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.shared.lock().busy.remove(&self.id);
        // There may be more to do about the row.
        self.shared.woken.notify_one();
    }
}
