//! The Jira sites that installed Trefoil.

use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary_null, boolean, text, text_null, text_uniq,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("installation")
                    .col(text("id").primary_key())
                    .col(text_uniq("client_key"))
                    .col(text("app_key"))
                    .col(text("base_url"))
                    .col(text("product"))
                    .col(text_null("oauth_client_id"))
                    .col(binary_null("shared_secret"))
                    .col(binary_null("previous_secret"))
                    .col(big_integer_null("previous_until"))
                    .col(boolean("enabled"))
                    .col(big_integer("installed_at"))
                    .col(big_integer("updated_at"))
                    .col(big_integer_null("uninstalled_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("installation").to_owned())
            .await
    }
}
