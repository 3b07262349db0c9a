import { describe, expect, it } from 'vitest';
import { handOver, isFaceToFace, visitorsIn } from './consultation';
import { model, peer, room } from './testing';

const teacher = peer('t', { moderator: true });
const phone = peer('a', { person: 'mother' });
const tablet = peer('b', { person: 'mother' });
const talk = (...peers: ReturnType<typeof peer>[]) => model('t', room([teacher, ...peers], { kind: 'consultation' }));

function door(refused = '') {
  const asked: string[] = [];
  const ask = (what: string) => (id: string) => {
    asked.push(`${what} ${id}`);
    return Promise.resolve(id !== refused);
  };
  return { asked, remove: ask('remove'), admit: ask('admit') };
}

describe('a consultation', () => {
  it('counts a person with two devices once, and nobody who leads', () => {
    expect(visitorsIn(talk(phone, tablet, peer('c'))).map((one) => one.person)).toEqual(['mother', 'person-c']);
  });

  it('lets the next family in when the one before has left', async () => {
    const entrance = door();
    expect(await handOver(entrance, talk(phone, tablet, peer('c')), 'next')).toBe(true);
    expect(entrance.asked).toEqual(['remove b', 'remove c', 'admit next']);
  });

  it('lets nobody in when somebody could not be sent away', async () => {
    const entrance = door('c');
    expect(await handOver(entrance, talk(phone, peer('c')), 'next')).toBe(false);
    expect(entrance.asked).toEqual(['remove a', 'remove c']);
  });

  it('shows faces where the board would be, while the board is empty', () => {
    expect(isFaceToFace(talk(phone))).toBe(true);
    expect(isFaceToFace(model('t', room([teacher, phone], { kind: 'consultation', presenting: { peer: 't', document: 'd', slide: null } })))).toBe(false);
    expect(isFaceToFace(model('t', room([teacher, phone])))).toBe(false);
  });
});
