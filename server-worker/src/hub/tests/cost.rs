//! What a tick costs: it grows with what is seen, not with who is connected.

use super::*;
use crate::config::MovementCheck;
use shardlink_shared::entropy::Entropy;

/// What one tick did.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    /// Frames encoded.
    frames: usize,
    /// Their bytes.
    bytes: usize,
    /// Frames sent.
    sends: usize,
    /// Players told of, in all frames sent.
    updates: usize,
}

/// A hub where `count` players stand all over the Nexus, within `reach` metres.
fn spread(count: u64, reach: u32) -> (World, Vec<(ConnectionId, f64, f64)>) {
    let settings = Settings { movement_check: MovementCheck::Shadow, ..Settings::default() };
    let mut world = World::with(settings, false);
    let mut entropy = Seeded::new(count);
    let mut coordinate = || f64::from(entropy.below(2 * reach)) - f64::from(reach);
    let mut players = Vec::new();
    for n in 0..count {
        let id = world.player(n, &format!("Player {n}"), Encoding::Binary);
        let (x, y) = (coordinate(), coordinate());
        world.walk(id, x, y);
        players.push((id, x, y));
    }
    while world.tick() {}
    (world, players)
}

/// The cost of the second of two ticks, before each of which all of these took a step.
fn cost(world: &mut World, walking: &[(ConnectionId, f64, f64)]) -> Cost {
    for off in [0.1, 0.2] {
        for (id, x, y) in walking {
            world.walk(*id, x + off, *y);
        }
        world.tick();
    }
    let mut cost = Cost { frames: 0, bytes: 0, sends: 0, updates: 0 };
    for effect in &world.last {
        if let Effect::Share(shared) = effect {
            let (to, frame) = world.out.shared(shared, true);
            cost.frames += 1;
            cost.bytes += frame.len();
            cost.sends += to.len();
            for message in decode::<ServerMessage>(Frame::Binary(frame), MAX_SERVER_FRAME) {
                let ServerMessage::PositionFrame(frame) = message.unwrap().message else { panic!() };
                cost.updates += frame.players.len() * to.len();
            }
        }
    }
    cost
}

#[test]
fn a_tick_of_players_all_over_the_map_costs_what_they_see() {
    for count in [100, 400, 1_600_usize] {
        let (mut world, players) = spread(count as u64, 500);
        let cost = cost(&mut world, &players);
        // A player sees 3 × 3 of 21 × 21 cells (fewer at the border), and the same share of all
        // players.
        let in_sight = count as f64 * 9.0 / 441.0 + 1.0;
        println!("{count} players: {cost:?}, {:.1} updates each", cost.updates as f64 / count as f64);
        // One send for each player who sees another, one encoding for each cell with such a
        // player.
        assert!(cost.sends <= count && cost.sends * 5 > count * 4, "{cost:?}");
        assert!(cost.frames <= 441.min(count));
        assert!((cost.updates as f64) < count as f64 * in_sight * 1.2, "{cost:?}");
        assert!((cost.bytes as f64) < cost.frames as f64 * (18.0 + in_sight * 1.2 * 8.0), "{cost:?}");
    }
}

#[test]
fn as_many_neighbours_cost_the_same_however_many_are_connected() {
    // More players are spread over more ground: everybody has as many neighbours.
    let each: Vec<f64> = [(100, 125), (400, 250), (1_600, 500)]
        .map(|(count, reach)| {
            let (mut world, players) = spread(count, reach);
            let cost = cost(&mut world, &players);
            println!("{count} players: {cost:?}");
            (cost.updates + cost.sends) as f64 / count as f64
        })
        .into();
    let (least, most) = (each.iter().copied().fold(f64::MAX, f64::min), each.iter().copied().fold(0.0, f64::max));
    assert!(most / least < 1.35, "{each:?}");
}

#[test]
fn whoever_is_out_of_sight_costs_a_crowd_nothing() {
    let costs = [0, 300, 1_500].map(|elsewhere| {
        let (mut world, _) = spread(elsewhere, 500);
        for n in 0..elsewhere {
            // Far from the crowd, in another location.
            world.send(ConnectionId(n), &travel(2));
        }
        let crowd: Vec<_> = (10_000..10_100)
            .map(|n| (world.player(n, &format!("Player {n}"), Encoding::Binary), (n % 20) as f64, 0.0))
            .collect();
        while world.tick() {}
        let Cost { frames, sends, updates, .. } = cost(&mut world, &crowd);
        (frames, sends, updates)
    });
    assert_eq!(costs, [(1, 100, 10_000); 3]);
}
