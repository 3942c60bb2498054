// The state of the page in the address, after the #: "map?by=label&item=17". An address that is shared shows the same.

export interface Route {
  view: string;
  params: Record<string, string>;
}

export function readRoute(hash: string, views: readonly string[]): Route {
  const text = hash.replace(/^#\/?/, '');
  const [view, query = ''] = text.split('?');
  const params: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) params[name] = value;
  return { view: views.includes(view) ? view : views[0], params };
}

export function writeRoute({ view, params }: Route): string {
  const query = new URLSearchParams();
  for (const name of Object.keys(params).sort()) if (params[name] !== '') query.set(name, params[name]);
  // Commas, colons and equal signs may stand in a fragment as they are, and people read addresses.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%3D', '=');
  return text ? `#${view}?${text}` : `#${view}`;
}

/** "1,5,9" to numbers; what is none is left out. */
export function readIds(text: string | undefined): number[] {
  return (text ?? '')
    .split(',')
    .filter((part) => /^-?\d+$/.test(part.trim()))
    .map(Number);
}
