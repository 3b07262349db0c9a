//! The media thread: waits for sockets, commands and time, and lets the world work.
//!
//! Laws: one thread for one plane; it shares nothing with other planes and holds no lock while it
//! works. Commands come before datagrams, time is looked at in every turn, and a flood on one
//! socket cannot keep the others or the clock waiting for more than `BATCHES`.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::command::{Command, Commands};
use crate::counters::{Counters, Histogram};
use crate::events::Events;
use crate::socket::{Epoll, RECEIVE_MESSAGES, ReceiveBatch, Socket, hasten, listen, monotonic};
use crate::streams::{FIRST, READ, Streams};
use crate::world::{Options, World};

/// Receive calls on one socket before the others have their turn.
const BATCHES: usize = 8;
/// Addresses of one plane.
const MAX_SOCKETS: usize = 16;
/// Passes over the sockets are this far apart when packets come faster: what several publishers sent
/// meanwhile leaves together. A packet that comes alone is not held up. Microseconds.
const WINDOW: u64 = 250;
/// Tokens of listeners; below are sockets, above connections.
const LISTENERS: usize = 1 << 8;
/// Ports that the kernel may choose before we give up.
const TRIES: usize = 16;

/// What both sides of a plane hold.
pub struct Shared {
    pub commands: Commands,
    pub events: Arc<Events>,
    pub counters: Arc<Counters>,
    pub histogram: Arc<Histogram>,
}

/// A media thread that runs.
pub struct Started {
    pub port: u16,
    /// Whether every address takes TCP, too.
    pub streams: bool,
    pub shared: Arc<Shared>,
    pub thread: JoinHandle<()>,
}

/// Bind every address on one port and start the thread.
///
/// # Errors
/// When an address cannot be bound, or the kernel has no descriptor or thread left.
pub fn start(addresses: &[IpAddr], port: u16, options: Options) -> io::Result<Started> {
    let (mut sockets, mut listeners) = (Vec::new(), Vec::new());
    let mut port = port;
    if addresses.is_empty() || addresses.len() > MAX_SOCKETS {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "1 to 16 addresses",
        ));
    }
    for address in addresses {
        let (socket, listener) = bind(*address, port, options.streams)?;
        port = socket.local().port();
        sockets.push(socket);
        listeners.extend(listener);
    }
    let shared = Arc::new(Shared {
        commands: Commands::new()?,
        events: Arc::new(Events::new()?),
        counters: Arc::new(Counters::default()),
        histogram: Arc::new(Histogram::default()),
    });
    let epoll = Arc::new(Epoll::new()?);
    for (token, listener) in (LISTENERS..).zip(&listeners) {
        epoll.add(listener, token as u64)?;
    }
    for (token, socket) in (0..).zip(&sockets) {
        epoll.add(socket, token)?;
    }
    epoll.add(shared.commands.signal(), u64::MAX)?;
    let streams = listeners.len() == sockets.len();
    let world = World::new(
        sockets,
        Streams::new(Arc::clone(&epoll), listeners),
        options,
        Arc::clone(&shared.counters),
        Arc::clone(&shared.histogram),
        Arc::clone(&shared.events),
    );
    let theirs = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name(format!("media-{port}"))
        .spawn(move || {
            hasten();
            run(world, &epoll, &theirs);
        })?;
    Ok(Started {
        port,
        streams,
        shared,
        thread,
    })
}

/// A UDP socket and a TCP listener on the same number; the latter is left out where the number is
/// taken. Where the kernel chooses it, it may choose one that is taken for TCP.
fn bind(address: IpAddr, port: u16, streams: bool) -> io::Result<(Socket, Option<TcpListener>)> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        let socket = Socket::bind(SocketAddr::new(address, port))?;
        if !streams {
            return Ok((socket, None));
        }
        tries -= 1;
        let listener = listen(socket.local()).ok();
        if listener.is_some() || tries == 0 {
            return Ok((socket, listener));
        }
    }
}

fn run(mut world: World, epoll: &Epoll, shared: &Shared) {
    let mut batch = ReceiveBatch::default();
    let mut commands = VecDeque::new();
    let mut readable = Vec::with_capacity(MAX_SOCKETS);
    let mut frames = vec![0; READ].into_boxed_slice();
    let mut passed_at = 0;
    loop {
        let until = world.due.at().min(world.pace_at);
        let wait = until.saturating_sub(monotonic());
        readable.clear();
        let mut commanded = false;
        epoll.wait(wait, |token| match usize::try_from(token) {
            Ok(socket) if token != u64::MAX => readable.push(socket),
            _ => commanded = true,
        });
        let now = monotonic();
        if commanded && !obey(now, &mut world, shared, &mut commands) {
            return;
        }
        if readable.iter().any(|&token| token < LISTENERS) {
            let early = (passed_at + WINDOW).saturating_sub(monotonic());
            if early > 0 {
                std::thread::sleep(std::time::Duration::from_micros(early));
            }
            passed_at = monotonic();
        }
        for &token in &readable {
            if token >= FIRST {
                receive_stream(&mut world, token, &mut frames);
            } else if token >= LISTENERS {
                world.outbox.streams.accept(now, token - LISTENERS);
            } else {
                receive(&mut world, token, &mut batch);
            }
        }
        if world.pace_at <= now {
            world.pace(now);
        }
        if commanded {
            // A plane that was idle has something to do again.
            world.due.wake_by(now);
        }
        if world.due.at() <= now {
            world.tick(now);
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

/// Take in and forward what came over a connection, and send what waits for it.
fn receive_stream(world: &mut World, number: usize, frames: &mut [u8]) {
    world.outbox.streams.drain(number, &world.counters);
    for _ in 0..BATCHES {
        let Some(path) = world.outbox.streams.path(number) else {
            break;
        };
        let length = world.outbox.streams.read(number, frames);
        if length == 0 {
            break;
        }
        let now = monotonic();
        world.ingest_stream(now, path, &mut frames[..length]);
        world.forward(now, &frames[..]);
        world.flush();
    }
    world.forget_closed();
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
