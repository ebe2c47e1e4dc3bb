//! The names of shared mailboxes in ids: sealed for the person who gave them, so that no address is in any id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::auth::Caller;
use crate::id::SealedMailbox;
use crate::secret::Context;
use crate::upstream::microsoft::mail::Address;
use crate::upstream::{Error, Kind, Provider};

/// Seals a shared mailbox's name for an id that only this caller can use.
///
/// Graph tells the user id behind an address only to who may read the directory (`User.ReadBasic.All`), which nothing
/// else here needs. So the name stays in the client's hands, where nobody but us can read it. Each sealing differs.
pub fn seal_mailbox(app: &App, caller: &Caller, address: &Address) -> Result<SealedMailbox, Error> {
    let person = caller.person.to_string();
    let sealed = app.keyring.seal(&place(caller, &person), address.secret());
    let sealed = sealed.map_err(|error| {
        Error::new(Provider::Microsoft, "name a mailbox", Kind::Invalid).caused_by(error)
    })?;
    let text = URL_SAFE_NO_PAD.encode(sealed);
    text.parse().map_err(|error: crate::id::Malformed| {
        Error::new(Provider::Microsoft, "name a mailbox", Kind::Invalid).caused_by(error)
    })
}

/// Opens what [`seal_mailbox`] sealed; `None` when it was sealed for somebody else, or by nobody.
pub fn open_mailbox(app: &App, caller: &Caller, sealed: &SealedMailbox) -> Option<Address> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed.as_str()).ok()?;
    let person = caller.person.to_string();
    let opened = app.keyring.open(&place(caller, &person), &sealed).ok()?;
    Address::of_secret(&opened).ok()
}

fn place<'a>(caller: &'a Caller, person: &'a str) -> Context<'a> {
    Context {
        tenant: caller.tenant.as_str(),
        table: "mailbox",
        row: person,
        column: "address",
    }
}
