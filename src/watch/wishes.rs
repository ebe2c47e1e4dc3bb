//! Who listens to what in this process, and with whose rights it may be had.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::auth::Caller;
use crate::store::watch::Source;

/// The callers remembered of one source, newest first: one may lack what another has.
const CALLERS: usize = 4;

/// The wishes of this process. Clones share them.
#[derive(Debug, Clone)]
pub struct Watches(pub(super) Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    /// Told when there is something new to look at.
    pub woken: Notify,
    wishes: Mutex<HashMap<Source, Wish>>,
}

/// The wish for one source.
#[derive(Debug, Default)]
struct Wish {
    listeners: u32,
    /// Newest first, also of those who have gone: the last of them takes away what they wished for.
    callers: Vec<Arc<Caller>>,
}

/// A wish that counts until this is dropped.
#[derive(Debug)]
#[must_use = "the wish ends when this is dropped"]
pub struct Hold {
    shared: Arc<Shared>,
    sources: Vec<Source>,
}

impl Default for Watches {
    fn default() -> Self {
        Self(Arc::new(Shared {
            woken: Notify::new(),
            wishes: Mutex::default(),
        }))
    }
}

impl Watches {
    pub(super) fn hold(&self, caller: &Arc<Caller>, sources: Vec<Source>) -> Hold {
        let mut wishes = self.0.lock();
        for source in &sources {
            let wish = wishes.entry(source.clone()).or_default();
            wish.listeners += 1;
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
    /// What was held while somebody panicked is whole: nothing here is left half done.
    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Wish>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut wishes = self.shared.lock();
        for source in &self.sources {
            if let Some(wish) = wishes.get_mut(source) {
                wish.listeners -= 1;
            }
        }
    }
}
