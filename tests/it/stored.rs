//! What is stored: the list, the live columns and docs/STORED.md are one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use trefoil::store::{StoredClass, manifest};

use crate::harness::database::Database;
use trefoil::store::Store;

/// The tables of the migration library itself.
const NOT_OURS: &str = "seaql_migrations.";

#[tokio::test]
async fn every_live_column_is_in_the_list_and_the_list_holds_no_other() {
    let database = Database::create().await;
    let store = Store::connect(&database.url()).await.unwrap();
    store.migrate().await.unwrap();

    let columns = database.columns().await;
    let live: BTreeSet<String> = columns
        .into_iter()
        .filter(|it| !it.starts_with(NOT_OURS))
        .collect();
    let listed: BTreeSet<String> = manifest()
        .iter()
        .map(|it| format!("{}.{}", it.table, it.column))
        .collect();

    assert_eq!(live, listed);
}

#[test]
fn the_document_says_what_the_list_says() {
    let mut text = String::from(
        "# What is stored\n\n\
         This is all of it: every table and column, what kind of thing it keeps, and why. The server gives the same\n\
         list as `storageManifest`; a test compares both with the live database, and another searches a used database\n\
         for planted content. No subject, body, name, address or file is ever kept.\n",
    );
    let mut table = "";
    for column in manifest() {
        if column.table != table {
            table = column.table;
            write!(
                text,
                "\n## {table}\n\n| column | keeps | why |\n|---|---|---|\n"
            )
            .unwrap();
        }
        let class = match column.class {
            StoredClass::Id => "an id",
            StoredClass::Link => "one end of a link",
            StoredClass::Secret => "a sealed credential",
            StoredClass::Setting => "a setting",
            StoredClass::Audit => "a fixed word",
            StoredClass::Time => "a moment",
            StoredClass::State => "a state",
        };
        writeln!(
            text,
            "| `{}` | {class} | {} |",
            column.column, column.purpose
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/STORED.md");
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch for the person who runs the test"
    )]
    if env::var("UPDATE").is_ok() {
        fs::write(&path, &text).unwrap();
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == text,
        "docs/STORED.md is stale: run `make schema` and commit it"
    );
}
