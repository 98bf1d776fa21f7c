//! `tsumugu agent status`: how the agent of this home is. Needs neither passphrase nor network.

use serde::Serialize;

use crate::agent::is_running;
use crate::agent::state::AgentState;
use crate::context::Context;
use crate::failure::Exit;
use crate::messages::Sentence;
use crate::outbox::unsent;
use crate::output::{Outcome, Page};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct AgentStatus {
    /// Whether it runs now.
    pub running: bool,
    /// Whether it is connected, as it last said.
    pub connected: bool,
    /// What lies in the outbox now and has not been sent, whoever put it there; nothing where the home
    /// folder cannot be read.
    pub unsent: Option<usize>,
    /// As it last wrote it; nothing where none ever ran here.
    #[serde(flatten)]
    pub state: Option<AgentState>,
}

impl AgentStatus {
    /// The exit code: none running is nothing there.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.running { Exit::Ok } else { Exit::Nothing }
    }
}

/// Runs the command.
#[must_use]
pub fn run(ctx: &Context) -> AgentStatus {
    let state = AgentState::load(ctx.home());
    let running = is_running(ctx.home());
    let since = state.as_ref().and_then(|state| state.connected_since.as_ref());
    let unsent = unsent(ctx.home()).ok();
    AgentStatus { running, connected: running && since.is_some(), unsent, state }
}

impl Outcome for AgentStatus {
    fn lines(&self, page: &mut Page) {
        let key = match (self.running, self.connected) {
            (true, true) => "agent.status-connected",
            (true, false) => "agent.status-not-connected",
            (false, _) => "agent.status-not-running",
        };
        page.say(&Sentence::new(key));
        let Some(state) = &self.state else { return };
        let times = [
            ("開始 started", &state.started),
            ("停止 stopped", &state.stopped),
            ("接続 connected", &state.connected_since),
            ("記録簿の確認 last sync", &state.last_sync),
        ];
        for (label, time) in times {
            if let Some(time) = time {
                page.row(&format!("    {label}: {time}"));
            }
        }
        let unsent = self.unsent.map_or("不明 unknown".to_owned(), |unsent| unsent.to_string());
        page.row(&format!("    未送信 not sent: {unsent}"));
        page.row(&format!("    うち断られた of these refused: {}", state.refused));
        page.row(&format!("    未受信 to be fetched: {}", state.unfetched));
        if state.unsaved > 0 || state.save_failure.is_some() {
            page.row(&format!("    フォルダーへ未保存 not in the folder yet: {}", state.unsaved));
        }
        if let Some(canary) = &state.canary {
            let how = match (&canary.failed, canary.took_ms) {
                (Some(link), _) => format!("失敗 failed ({link})"),
                (None, took) => format!("良好 well ({} ms)", took.unwrap_or_default()),
            };
            page.row(&format!("    テスト送信 test letter: {how} {}", canary.at));
        }
        for failure in state.last_failure.iter().chain(&state.save_failure) {
            page.row(&format!("    {} {}", failure.at, failure.key));
            page.row(&failure.ja);
            page.row(&failure.en);
            page.row(&format!("→ {}", failure.remedy_ja));
            page.row(&format!("→ {}", failure.remedy_en));
        }
    }
}
