//! What people reach: one gateway, or several behind a balancer.

use std::{process::ExitStatus, time::Duration};

use futures::future::{Either, select, select_all};
use sandbox::Sandbox;

use super::{
    balancer::{self, Balancer},
    gateway::{Gateway, free},
    options::Demo,
};

/// How long a gateway that ended by itself stays away.
const PAUSE: Duration = Duration::from_secs(1);

/// What people reach.
pub(crate) struct Service {
    /// Its public address.
    pub(crate) url: String,
    /// Its gateways.
    pub(crate) gateways: Vec<Gateway>,
    /// What is before them, when they are several.
    pub(crate) balancer: Option<Balancer>,
}

/// Who ended without being asked to.
#[derive(Clone, Copy)]
pub(crate) enum Ended {
    Gateway(usize),
    Balancer,
}

impl Service {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(demo: &Demo, sandbox: &Sandbox) -> Result<Self, String> {
        if demo.gateways == 1 {
            let gateway = Gateway::start(demo, sandbox).await?;
            return Ok(Self {
                url: gateway.url.clone(),
                gateways: vec![gateway],
                balancer: None,
            });
        }
        let listen = free(demo.port)?;
        let url = format!("http://{listen}");
        let mut gateways = Vec::new();
        for number in 1..=demo.gateways {
            gateways.push(Gateway::balanced(demo, sandbox, &url, number).await?);
        }
        let balancer = Balancer::start(&listen, &gateways).await?;
        Ok(Self {
            url,
            gateways,
            balancer: Some(balancer),
        })
    }

    /// Waits until something ends that was not asked to. Cancelling loses nothing.
    pub(crate) async fn ended(&mut self) -> (Ended, std::io::Result<ExitStatus>) {
        let Self {
            gateways, balancer, ..
        } = self;
        let gateways = gateways.iter_mut().enumerate().map(|(number, it)| {
            Box::pin(async move { (Ended::Gateway(number), it.child.wait().await) })
        });
        let balancer = async {
            match balancer {
                Some(it) => (Ended::Balancer, it.child.wait().await),
                None => std::future::pending().await,
            }
        };
        match select(select_all(gateways), Box::pin(balancer)).await {
            Either::Left(((ended, ..), _)) | Either::Right((ended, _)) => ended,
        }
    }

    /// Starts one of several gateways again, where it was; fails when nothing can go on without what has ended.
    pub(crate) async fn goes_on(&mut self, without: Ended) -> Result<String, String> {
        match without {
            Ended::Gateway(number) if self.balancer.is_some() => {
                tokio::time::sleep(PAUSE).await;
                let gateway = &mut self.gateways[number];
                gateway.start_again().await?;
                Ok(format!(
                    "The gateway at {} ended and was started again.",
                    gateway.url
                ))
            }
            Ended::Gateway(number) => Err(format!("see {}", self.gateways[number].log)),
            Ended::Balancer => Err(format!("it was the balancer: see {}", balancer::LOG)),
        }
    }

    /// Asks all of it to end.
    pub(crate) async fn stop(self) {
        if let Some(mut balancer) = self.balancer {
            balancer.child.kill().await.ok();
        }
        futures::future::join_all(self.gateways.into_iter().map(Gateway::stop)).await;
    }
}
