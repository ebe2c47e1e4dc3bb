//! The list of everything that is stored: each table and column, its class and why it is there.

use super::{
    audit, delivery, feature, grant, idempotency, installation, link, person, state, transfer,
    watch,
};

/// What kind of thing a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoredClass {
    /// An id of ours or of a provider.
    Id,
    /// One end of a link between two things.
    Link,
    /// A credential, sealed.
    Secret,
    /// How something is set up.
    Setting,
    /// What was done.
    Audit,
    /// A moment, in Unix milliseconds.
    Time,
    /// Where a piece of our own work stands.
    State,
}

/// One column and why it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What kind of thing it holds.
    pub class: StoredClass,
    /// Why it is kept, as a sentence.
    pub purpose: &'static str,
}

impl StoredColumn {
    /// A line of the list.
    pub const fn new(
        table: &'static str,
        column: &'static str,
        class: StoredClass,
        purpose: &'static str,
    ) -> Self {
        Self {
            table,
            column,
            class,
            purpose,
        }
    }
}

/// Every column of every table of ours, table by table.
pub fn manifest() -> Vec<StoredColumn> {
    [
        installation::COLUMNS,
        person::COLUMNS,
        person::IDENTITY_COLUMNS,
        grant::COLUMNS,
        state::COLUMNS,
        link::COLUMNS,
        audit::COLUMNS,
        idempotency::COLUMNS,
        delivery::COLUMNS,
        feature::COLUMNS,
        transfer::COLUMNS,
        watch::COLUMNS,
        watch::WISH_COLUMNS,
    ]
    .concat()
}

/// Lists the columns of a table, one line each.
macro_rules! columns {
    ($table:literal: $($column:literal $class:ident $purpose:literal;)+) => {
        &[$($crate::store::StoredColumn::new(
            $table,
            $column,
            $crate::store::StoredClass::$class,
            $purpose,
        )),+]
    };
}
pub(crate) use columns;
