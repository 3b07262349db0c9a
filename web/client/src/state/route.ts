/** Addresses of the screens. Pure: text in, route out, and back. */

export type Route =
  | { page: 'home' }
  | { page: 'talks' }
  | { page: 'settings' }
  | { page: 'recordings' }
  | { page: 'school' }
  | { page: 'login'; next: string }
  | { page: 'meeting'; id: string }
  | { page: 'document'; id: string }
  | { page: 'channel'; id: string }
  | { page: 'guest'; token: string }
  | { page: 'missing' };

/** Only addresses of this server: "//host" and "/\host" would leave it. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/';
}

export function parseRoute(path: string, search = ''): Route {
  const [page = '', id = '', ...rest] = path.replace(/^\/|\/$/g, '').split('/');
  if (page === '') return { page: 'home' };
  if (page === 'login' && id === '') return { page: 'login', next: safeNext(new URLSearchParams(search).get('next')) };
  if ((page === 'talks' || page === 'settings' || page === 'recordings' || page === 'school') && id === '') return { page };
  if (id === '' || rest.length > 0) return { page: 'missing' };
  const name = decode(id);
  if (name === null) return { page: 'missing' };
  switch (page) {
    case 'meeting':
    case 'document':
    case 'channel':
      return { page, id: name };
    case 'guest':
      return { page, token: name };
    default:
      return { page: 'missing' };
  }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function pathOf(route: Exclude<Route, { page: 'missing' }>): string {
  switch (route.page) {
    case 'home':
      return '/';
    case 'talks':
    case 'settings':
    case 'recordings':
    case 'school':
      return `/${route.page}`;
    case 'login':
      return route.next === '/' ? '/login' : `/login?next=${encodeURIComponent(route.next)}`;
    case 'guest':
      return `/guest/${encodeURIComponent(route.token)}`;
    default:
      return `/${route.page}/${encodeURIComponent(route.id)}`;
  }
}
