//! Those who listen: each on a connection of their own, which is opened again when it ends, if that is wanted.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Result;
use super::ledger::{Ear, Ledger};
use super::line::{Line, Told, Transport};
use super::scene::{Gateway, until};
use super::vendor::Object;

/// How many are let in at once at the beginning.
const AT_ONCE: usize = 50;
/// How long it may take until all are in.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long it may take until one is in.
const OPENING: Duration = Duration::from_secs(15);
/// How long those who were cut off wait before they try again, from and to.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// Who listens to what, and how.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The object, by its place among all.
    pub object: usize,
    /// What carries it.
    pub transport: Transport,
    /// Whose token it is.
    pub authorization: String,
    /// What is asked for.
    pub subscription: String,
}

/// Everybody who listens; they leave when this is dropped.
pub struct Hall {
    /// What was sent.
    pub ledger: Rc<Ledger>,
    /// What each heard.
    pub ears: Vec<Rc<Ear>>,
    presence: Rc<Presence>,
    cut: watch::Sender<u32>,
    _tasks: JoinSet<()>,
}

/// Who is there.
#[derive(Default)]
struct Presence {
    listening: Cell<usize>,
    /// When each who was cut off was let in again.
    returns: RefCell<Vec<Instant>>,
    refusals: Cell<usize>,
    /// What ended a connection last, and whether who had it comes back.
    trouble: RefCell<Option<(bool, io::Error)>>,
}

/// One who listens.
struct Listener {
    address: SocketAddr,
    seat: Seat,
    place: usize,
    ear: Rc<Ear>,
    ledger: Rc<Ledger>,
    presence: Rc<Presence>,
    cut: watch::Receiver<u32>,
    /// Whether they come back.
    again: bool,
}

impl Hall {
    /// Lets everybody in and waits until the gateway has them all. With `again` they come back whenever they are cut off.
    pub async fn fill(
        gateway: &Gateway,
        objects: &[Object],
        seats: &[Seat],
        again: bool,
    ) -> Result<Self> {
        let own = Self::enter(gateway, objects, seats, again).await?;
        gateway.has(seats.len(), PATIENCE).await?;
        Ok(own)
    }

    /// The same where so many are in already.
    pub async fn join(
        gateway: &Gateway,
        objects: &[Object],
        seats: &[Seat],
        there: usize,
    ) -> Result<Self> {
        let own = Self::enter(gateway, objects, seats, false).await?;
        gateway.has(there + seats.len(), PATIENCE).await?;
        Ok(own)
    }

    async fn enter(
        gateway: &Gateway,
        objects: &[Object],
        seats: &[Seat],
        again: bool,
    ) -> Result<Self> {
        let ledger = Rc::new(Ledger::new(objects.len()));
        let presence = Rc::new(Presence::default());
        let cut = watch::Sender::new(0);
        let door = Rc::new(Semaphore::new(AT_ONCE));
        let (mut ears, mut tasks) = (Vec::new(), JoinSet::new());
        for (place, seat) in seats.iter().enumerate() {
            let ear = Rc::new(Ear::new(&ledger, seat.object));
            ears.push(Rc::clone(&ear));
            let listener = Listener {
                address: gateway.address,
                seat: seat.clone(),
                place,
                ear,
                ledger: Rc::clone(&ledger),
                presence: Rc::clone(&presence),
                cut: cut.subscribe(),
                again,
            };
            tasks.spawn_local(listener.listen(Rc::clone(&door)));
        }
        let own = Self {
            ledger,
            ears,
            presence,
            cut,
            _tasks: tasks,
        };
        let all = seats.len();
        let settled = || own.listening() == all || own.is_troubled();
        until(PATIENCE, settled).await;
        own.sound()?;
        Ok(own)
    }

    /// How many listen.
    pub fn listening(&self) -> usize {
        self.presence.listening.get()
    }

    fn is_troubled(&self) -> bool {
        matches!(&*self.presence.trouble.borrow(), Some((false, _)))
    }

    /// Who is there and who is not, and why.
    pub fn words(&self) -> String {
        let why = self.presence.trouble.borrow();
        let why = why.as_ref().map(|(_, error)| error.to_string());
        let (returns, refusals) = self.returns();
        format!(
            "{} of {} listen, {} came back, {refusals} tries were in vain, the last end was {why:?}",
            self.listening(),
            self.ears.len(),
            returns.len(),
        )
    }

    /// Fails when somebody was cut off who does not come back, or was told what is not right.
    pub fn sound(&self) -> Result<()> {
        match &*self.presence.trouble.borrow() {
            Some((false, error)) => Err(error.to_string().into()),
            _ => Ok(()),
        }
    }

    /// Cuts everybody off.
    pub fn cut(&self) {
        self.cut.send_modify(|times| *times += 1);
    }

    /// Forgets who came back.
    pub fn forget_returns(&self) {
        self.presence.returns.borrow_mut().clear();
        self.presence.refusals.set(0);
    }

    /// When they came back, in order, and how often they were refused before.
    pub fn returns(&self) -> (Vec<Instant>, usize) {
        let mut returns = self.presence.returns.borrow().clone();
        returns.sort_unstable();
        (returns, self.presence.refusals.get())
    }

    /// Waits until everybody has heard what they must; whether they have.
    pub async fn has_heard(&self, limit: Duration) -> bool {
        let heard = || self.ears.iter().all(|ear| ear.missing(&self.ledger) == 0);
        until(limit, heard).await
    }
}

impl Listener {
    async fn listen(mut self, door: Rc<Semaphore>) {
        let mut first = true;
        loop {
            let opened = {
                // Only at the beginning they come in turns.
                let _turn = if first {
                    door.acquire().await.ok()
                } else {
                    None
                };
                let Seat {
                    transport,
                    authorization,
                    subscription,
                    ..
                } = &self.seat;
                let opening = Line::open(*transport, self.address, authorization, subscription);
                let opened = timeout(OPENING, opening).await;
                opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            };
            match opened {
                Ok(line) => {
                    if !std::mem::take(&mut first) {
                        let mut returns = self.presence.returns.borrow_mut();
                        returns.push(Instant::now());
                    }
                    let listening = &self.presence.listening;
                    listening.set(listening.get() + 1);
                    let ended = self.hear(line).await;
                    let listening = &self.presence.listening;
                    listening.set(listening.get() - 1);
                    self.trouble(ended);
                }
                Err(error) => {
                    let refusals = &self.presence.refusals;
                    refusals.set(refusals.get() + 1);
                    self.trouble(Err(error));
                }
            }
            if !self.again {
                return;
            }
            let [least, most] = AGAIN;
            let spread = u32::try_from(self.place * 7_919 % 1_000).unwrap_or_default();
            sleep(least + most.saturating_sub(least) * spread / 1_000).await;
        }
    }

    /// An end is trouble to who does not come back.
    fn trouble(&self, ended: io::Result<()>) {
        if let Err(error) = ended {
            *self.presence.trouble.borrow_mut() = Some((self.again, error));
        }
    }

    /// Listens until the connection ends, or is cut.
    async fn hear(&mut self, mut line: Line) -> io::Result<()> {
        loop {
            tokio::select! {
                told = line.next() => match told? {
                    Told::Event(at) => self.ear.hear(&self.ledger, at),
                    Told::Gap => self.ear.gap(),
                },
                _ = self.cut.changed() => return line.cut(),
            }
        }
    }
}
