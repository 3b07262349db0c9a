import { describe, expect, it } from 'vitest';
import { SaveLedger } from './ledger';
import { statusOf, troubleOf, type Facts } from './status';

function connected(): SaveLedger {
  const ledger = new SaveLedger();
  ledger.open();
  ledger.sent('other');
  ledger.synced();
  ledger.sent('step-2');
  ledger.ack(1);
  return ledger;
}

describe('save ledger', () => {
  it('is settled only after both directions and the ack of our own sync-2', () => {
    const ledger = new SaveLedger();
    expect(ledger.settled).toBe(false);
    ledger.open();
    expect(ledger.settled).toBe(false);
    ledger.synced();
    expect(ledger.settled).toBe(false);
    ledger.sent('step-2');
    expect(ledger.settled).toBe(false);
    ledger.ack(1);
    expect(ledger.settled).toBe(true);
  });

  it('counts a change as waiting until its frame is acked', () => {
    const ledger = connected();
    ledger.change();
    ledger.sent('update');
    ledger.change();
    ledger.sent('update');
    expect([ledger.waiting, ledger.settled]).toEqual([2, false]);
    ledger.ack(2);
    expect([ledger.waiting, ledger.settled]).toEqual([1, false]);
    ledger.ack(3);
    expect([ledger.waiting, ledger.settled]).toEqual([0, true]);
  });

  it('does not take an update ack for the changes made offline', () => {
    const ledger = connected();
    ledger.close();
    ledger.change();
    ledger.change();
    ledger.open();
    ledger.change();
    ledger.sent('update');
    ledger.ack(1);
    expect(ledger.waiting).toBe(3);
    ledger.synced();
    ledger.sent('step-2');
    ledger.ack(2);
    expect([ledger.waiting, ledger.settled]).toEqual([0, true]);
  });

  it('takes what was sent but not acked before a loss as waiting', () => {
    const ledger = connected();
    ledger.change();
    ledger.sent('update');
    ledger.close();
    expect(ledger.waiting).toBe(1);
  });

  it('ignores acks that repeat, go back or promise too much', () => {
    const ledger = connected();
    ledger.ack(1);
    ledger.ack(0);
    ledger.ack(1e9);
    ledger.change();
    ledger.sent('update');
    expect(ledger.waiting).toBe(1);
    ledger.ack(1e9);
    expect(ledger.waiting).toBe(0);
  });

  it('remembers the changes of an earlier visit', () => {
    const ledger = new SaveLedger();
    ledger.found(3);
    ledger.open();
    ledger.synced();
    ledger.sent('step-2');
    expect(ledger.waiting).toBe(3);
    ledger.ack(1);
    expect(ledger.waiting).toBe(0);
  });
});

describe('status', () => {
  const facts: Facts = { loaded: true, connected: true, settled: true, waiting: 0, lost: false, trouble: null };

  it.each<[string, Partial<Facts>]>([
    ['saved', {}],
    ['saving', { settled: false, waiting: 1 }],
    ['loading', { loaded: false, settled: false }],
    ['loading', { loaded: false, settled: false, connected: false }],
    ['saved', { connected: false, settled: false }],
    ['saving', { connected: false, settled: false, waiting: 2 }],
    ['offline', { connected: false, settled: false, lost: true, waiting: 2 }],
    ['offline', { connected: false, settled: false, lost: true, loaded: false }],
    ['denied', { trouble: 'not-allowed', connected: false, settled: false }],
    ['not-saved', { trouble: 'not-allowed', connected: false, settled: false, waiting: 1 }],
    ['not-saved', { trouble: 'too-large', connected: false, settled: false }],
  ])('is %s for %j', (status, change) => {
    expect(statusOf({ ...facts, ...change })).toBe(status);
  });

  it('stops for the final close codes only', () => {
    expect([4400, 4401, 4403, 4404, 4413, 1009].map(troubleOf)).toEqual(['refused', 'login', 'not-allowed', 'gone', 'too-large', 'too-large']);
    expect([1000, 1006, 1012, 4509, 4529].map(troubleOf)).toEqual([null, null, null, null, null]);
  });
});
