//! The media thread: waits for sockets, commands and time, and lets the world work.
//!
//! Laws: one thread for one plane; it shares nothing with other planes and holds no lock while it
//! works. Commands come before datagrams, time is looked at in every turn, and a flood on one
//! socket cannot keep the others or the clock waiting for more than `BATCHES`.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::command::{Command, Commands};
use crate::counters::{Counters, Histogram};
use crate::events::Events;
use crate::socket::{Epoll, RECEIVE_MESSAGES, ReceiveBatch, Socket, monotonic};
use crate::tick::TICK;
use crate::world::{Options, World};

/// Receive calls on one socket before the others have their turn.
const BATCHES: usize = 8;
/// Addresses of one plane.
const MAX_SOCKETS: usize = 16;
/// Wake-ups of a plane without sessions, in microseconds.
const IDLE: u64 = 1_000_000;

/// What both sides of a plane hold.
pub struct Shared {
    pub commands: Commands,
    pub events: Arc<Events>,
    pub counters: Arc<Counters>,
    pub histogram: Arc<Histogram>,
}

/// Bind every address on one port and start the thread.
///
/// # Errors
/// When an address cannot be bound, or the kernel has no descriptor or thread left.
pub fn start(
    addresses: &[IpAddr],
    port: u16,
    options: Options,
) -> io::Result<(u16, Arc<Shared>, JoinHandle<()>)> {
    let mut sockets = Vec::new();
    let mut port = port;
    if addresses.is_empty() || addresses.len() > MAX_SOCKETS {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "1 to 16 addresses",
        ));
    }
    for address in addresses {
        let socket = Socket::bind(SocketAddr::new(*address, port))?;
        port = socket.local().port();
        sockets.push(socket);
    }
    let shared = Arc::new(Shared {
        commands: Commands::new()?,
        events: Arc::new(Events::new()?),
        counters: Arc::new(Counters::default()),
        histogram: Arc::new(Histogram::default()),
    });
    let epoll = Epoll::new()?;
    for (token, socket) in (0..).zip(&sockets) {
        epoll.add(socket, token)?;
    }
    epoll.add(shared.commands.signal(), u64::MAX)?;
    let world = World::new(
        sockets,
        options,
        Arc::clone(&shared.counters),
        Arc::clone(&shared.histogram),
        Arc::clone(&shared.events),
    );
    let theirs = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name(format!("media-{port}"))
        .spawn(move || run(world, &epoll, &theirs))?;
    Ok((port, shared, thread))
}

fn run(mut world: World, epoll: &Epoll, shared: &Shared) {
    let mut batch = ReceiveBatch::default();
    let mut commands = VecDeque::new();
    let mut readable = Vec::with_capacity(MAX_SOCKETS);
    let mut tick_at = monotonic();
    loop {
        let until = tick_at.min(world.pace_at);
        let wait = until.saturating_sub(monotonic()).div_ceil(1_000);
        readable.clear();
        let mut commanded = false;
        epoll.wait(
            i32::try_from(wait).unwrap_or(i32::MAX),
            |token| match usize::try_from(token) {
                Ok(socket) if token != u64::MAX => readable.push(socket),
                _ => commanded = true,
            },
        );
        let now = monotonic();
        if commanded && !obey(now, &mut world, shared, &mut commands) {
            return;
        }
        for &socket in &readable {
            receive(&mut world, socket, &mut batch);
        }
        if world.pace_at <= now {
            world.pace(now);
        }
        if commanded {
            // A plane that was idle has something to do again.
            tick_at = tick_at.min(now + TICK);
        }
        if tick_at <= now {
            world.tick(now);
            let distance = if world.sessions.is_empty() {
                IDLE
            } else {
                TICK
            };
            tick_at = now + distance;
        }
        world.flush();
    }
}

/// Carry out what waits; `false` at the end.
fn obey(now: u64, world: &mut World, shared: &Shared, commands: &mut VecDeque<Command>) -> bool {
    shared.commands.take(commands);
    let mut open = true;
    for command in commands.drain(..) {
        open &= !matches!(command, Command::Close);
        world.apply(now, command);
    }
    world.flush();
    world.gauge();
    open
}

/// Take in and forward what waits on a socket.
fn receive(world: &mut World, socket: usize, batch: &mut ReceiveBatch) {
    for _ in 0..BATCHES {
        let count = batch.receive(&world.sockets[socket]).unwrap_or(0);
        if count == 0 {
            return;
        }
        let now = monotonic();
        world.ingest(now, socket, batch, count);
        let copies = world.forward(now, batch.bytes_mut());
        world.flush();
        if copies > 0 {
            world
                .histogram
                .observe(monotonic().saturating_sub(now), copies);
        }
        if count < RECEIVE_MESSAGES {
            return;
        }
    }
}
