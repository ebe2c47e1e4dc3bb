//! Connecting and disconnecting accounts.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::ContextExt as _;
use super::error::Error;
use super::link::{UserError, check_key};
use super::scalar::Url;
use super::source::Provider;
use super::viewer::Viewer;
use crate::{grant, upstream, watch};

/// Which account to connect.
#[derive(InputObject)]
pub struct ConnectInput {
    /// Chosen by the client. Each call gives an address of its own, which works once.
    idempotency_key: String,
    /// Which provider.
    provider: Provider,
}

/// What `connect` did.
#[derive(SimpleObject)]
pub struct ConnectPayload {
    /// Open it in a window of its own. It works once, for ten minutes. The window says
    /// `{type: "trefoil:connected", provider, ok}` to the add-in it began in and closes: to Jira's by `postMessage`, to
    /// Outlook's by `messageParent`, to Teams' by `notifySuccess`, in both as JSON text.
    url: Option<Url>,
    /// Why there is none.
    user_errors: Vec<UserError>,
}

/// Which account to disconnect.
#[derive(InputObject)]
pub struct DisconnectInput {
    /// Chosen by the client; disconnecting twice is as good as once.
    idempotency_key: String,
    /// Which provider.
    provider: Provider,
}

/// What `disconnect` did.
#[derive(SimpleObject)]
pub struct DisconnectPayload {
    /// The viewer, with what is still connected; null when nothing was done.
    viewer: Option<Viewer>,
    /// Which provider is disconnected now.
    disconnected: Option<ID>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

/// Mutations of connections.
#[derive(Default)]
pub struct ConnectionMutation;

#[Object]
impl ConnectionMutation {
    /// Begins to connect the viewer's account at a provider. Costs nothing upstream.
    async fn connect(
        &self,
        ctx: &Context<'_>,
        input: ConnectInput,
    ) -> Result<ConnectPayload, Error> {
        let refuse = |error| ConnectPayload {
            url: None,
            user_errors: vec![error],
        };
        if let Err(error) = check_key(&input.idempotency_key) {
            return Ok(refuse(error));
        }
        let operation = ctx.operation();
        let provider = upstream::Provider::from(input.provider);
        Ok(
            match grant::begin_connect(&operation.app, &operation.caller, provider).await {
                Ok(url) => ConnectPayload {
                    url: Url::parse(url.as_str()),
                    user_errors: Vec::new(),
                },
                Err(error) => refuse(UserError::of("provider", &error.into())),
            },
        )
    }

    /// Deletes the sealed tokens of the viewer's account at once, and revokes them at Zoom; Entra and Atlassian have
    /// nothing that ends a single grant, but people can end it on their account's page.
    async fn disconnect(
        &self,
        ctx: &Context<'_>,
        input: DisconnectInput,
    ) -> Result<DisconnectPayload, Error> {
        let refuse = |error| DisconnectPayload {
            viewer: None,
            disconnected: None,
            user_errors: vec![error],
        };
        if let Err(error) = check_key(&input.idempotency_key) {
            return Ok(refuse(error));
        }
        let operation = ctx.operation();
        let provider = upstream::Provider::from(input.provider);
        let partings = watch::parting(&operation.app, &operation.caller, provider).await;
        Ok(
            match grant::disconnect(&operation.app, &operation.caller, provider).await {
                Ok(()) => {
                    let (app, caller) = (&operation.app, &operation.caller);
                    watch::disconnected(app, caller, provider, partings).await;
                    operation.forget_connections().await;
                    DisconnectPayload {
                        viewer: Some(Viewer),
                        disconnected: Some(provider.name().to_uppercase().into()),
                        user_errors: Vec::new(),
                    }
                }
                Err(error) => refuse(UserError::of("provider", &error.into())),
            },
        )
    }
}
