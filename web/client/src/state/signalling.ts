/**
 * My media joined to the wire of my room. Laws: outside of the room nothing of it is said; what nobody waits for may be
 * refused or lost, the next time will do.
 */
import type { ClientEvents, SlotView } from '../protocol/messages';
import type { Wire } from '../protocol/socket';
import type { Devices } from './devices.svelte';
import { MediaSession } from './media.svelte';
import type { Page } from './page';
import { refusalOf } from './refusal';
import type { RoomRequests } from './requests.svelte';
import type { RoomAction } from './room';

export interface RoomPort {
  inside(): boolean;
  slots(): ReadonlyMap<string, SlotView>;
  dispatch(action: RoomAction): void;
}

export function joinMedia(wire: Wire, ask: RoomRequests, page: Page, room: RoomPort, devices: Devices): MediaSession {
  function mention<E extends 'media:quality' | 'media:heal' | 'media:moved'>(event: E, payload: ClientEvents[E]['request']): void {
    if (room.inside()) void refusalOf(wire.request(event, payload));
  }

  const media = new MediaSession(
    {
      offer: async (offer) => (await wire.request('media:offer', offer)).sdp,
      announce: (on) => {
        if (room.inside()) void ask.send('room:media', on);
      },
      report: (quality) => mention('media:quality', quality),
      heal: (slot) => mention('media:heal', { slot }),
      slots: () => room.slots(),
      moved: (epoch, slots) => {
        if (slots !== null) room.dispatch({ type: 'moved', slots });
        mention('media:moved', { epoch });
      },
      forget: () => room.dispatch({ type: 'moved', slots: [] }),
    },
    devices,
  );
  wire.on('media:slots', ({ slots, epoch }) => room.dispatch({ type: 'slots', slots: media.takeSlots(slots, epoch) }));
  wire.on('media:speakers', ({ peers }) => room.dispatch({ type: 'speakers', peers }));
  wire.on('media:layers', (wanted) => media.setLayers(wanted));
  wire.on('media:undecodable', ({ peers }) => (media.missing = { ...media.missing, undecodable: new Set(peers) }));
  wire.on('media:left_out', ({ line, screen }) => (media.missing = { ...media.missing, line: new Set(line), screen: new Set(screen) }));
  wire.on('media:paused', ({ paused }) => (media.picturesPaused = paused));
  wire.on('media:lost', () => void media.connect());
  wire.on('media:move', ({ epoch }) => {
    page.again(); // the new owner does not know it
    void media.move(epoch);
  });
  wire.on('media:settled', () => media.settled());
  return media;
}
