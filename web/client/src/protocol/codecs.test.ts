import { describe, expect, it } from 'vitest';
import { describeSound, isCarried } from './codecs';

const line = (mid: string, direction: string, fmtp = 'minptime=10;useinbandfec=1'): string =>
  `m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:${mid}\r\na=${direction}\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 ${fmtp}\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n`;
const video = 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n';

describe('codecs', () => {
  it('carries the profiles that every browser decodes', () => {
    const h264 = (parameters: string): boolean => isCarried({ mimeType: 'video/H264', sdpFmtpLine: parameters }, false);
    expect(h264('level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f')).toBe(true);
    expect(h264('profile-level-id=42001f;packetization-mode=1')).toBe(true);
    expect(h264('packetization-mode=0;profile-level-id=42e01f')).toBe(false);
    expect(h264('packetization-mode=1;profile-level-id=4d001f')).toBe(false);
    expect(isCarried({ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' }, false)).toBe(true);
    expect(isCarried({ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' }, false)).toBe(false);
    expect(isCarried({ mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=0;tier=0' }, false)).toBe(true);
    expect(isCarried({ mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=1;tier=0' }, false)).toBe(false);
    expect(isCarried({ mimeType: 'audio/G722' }, false)).toBe(false);
  });

  it('keeps an encrypted meeting to what is told apart while sealed', () => {
    const sealed = ['audio/opus', 'audio/red', 'video/VP8', 'video/H264', 'video/AV1', 'video/rtx'];
    const fmtp = 'packetization-mode=1;profile-level-id=42e01f';
    expect(sealed.filter((mimeType) => isCarried({ mimeType, sdpFmtpLine: fmtp }, true))).toEqual(['audio/opus', 'video/VP8', 'video/rtx']);
  });

  it('takes stereo everywhere and sends it where music is played', () => {
    const offer = `v=0\r\n${line('0', 'sendonly')}${video}${line('4', 'recvonly')}`;
    const voice = describeSound(offer, null);
    expect(voice).toBe(`v=0\r\n${line('0', 'sendonly')}${video}${line('4', 'recvonly', 'minptime=10;useinbandfec=1;stereo=1')}`);
    const music = describeSound(offer, '0');
    expect(music).toContain(line('0', 'sendonly', 'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1'));
    const firefox = `v=0\r\n${line('4', 'recvonly', 'maxplaybackrate=48000;stereo=1')}`;
    expect(describeSound(firefox, null)).toBe(firefox);
  });
});
