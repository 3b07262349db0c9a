import { describe, expect, it } from 'vitest';
import { parseRoute, pathOf, safeNext, type Route } from './route';

describe('addresses', () => {
  const routes: Exclude<Route, { page: 'missing' }>[] = [
    { page: 'home' },
    { page: 'talks' },
    { page: 'settings' },
    { page: 'school' },
    { page: 'login', next: '/' },
    { page: 'login', next: '/meeting/demo-lesson' },
    { page: 'meeting', id: 'demo-lesson' },
    { page: 'document', id: 'a b/ü' },
    { page: 'channel', id: 'demo-class' },
    { page: 'guest', token: 'abc' },
  ];
  it.each(routes)('lead to the route and back: %j', (route) => {
    const url = new URL(pathOf(route), 'http://host');
    expect(parseRoute(url.pathname, url.search)).toEqual(route);
  });

  it.each(['/meeting', '/meeting/a/b', '/unknown/x', '/document/%', '/guest/', '/talks/a'])('%s is missing', (path) => {
    expect(parseRoute(path).page).toBe('missing');
  });
});

describe('where to go after login', () => {
  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '', null, '/login?next=/'])('%j is home', (next) => {
    expect(safeNext(next)).toBe('/');
  });
  it('is a page of ours', () => {
    expect(safeNext('/document/x')).toBe('/document/x');
  });
});
