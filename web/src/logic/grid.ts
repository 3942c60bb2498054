// Points in square cells: which is nearest to the pointer, and which lie in a window, without looking at all.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The smallest box around (N, 2) positions; places that are not numbers are left out. */
export function bounds(positions: Float32Array): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i + 1 < positions.length; i += 2) {
    const x = positions[i];
    const y = positions[i + 1];
    if (x < box.left) box.left = x;
    if (x > box.right) box.right = x;
    if (y < box.top) box.top = y;
    if (y > box.bottom) box.bottom = y;
  }
  return box.left <= box.right ? box : { left: -1, top: -1, right: 1, bottom: 1 };
}

export class GridIndex {
  readonly box: Box;
  private readonly size: number; // of a cell
  private readonly columns: number;
  private readonly rows: number;
  private readonly begin: Uint32Array; // of each cell's points in `order`
  private readonly order: Uint32Array;

  constructor(readonly positions: Float32Array) {
    const count = positions.length / 2;
    this.box = bounds(positions);
    const [width, height] = [this.box.right - this.box.left, this.box.bottom - this.box.top];
    // About two points in a cell if they were spread evenly.
    this.size = Math.max(Math.sqrt((width * height * 2) / Math.max(1, count)), Math.max(width, height) / 2048, 1e-9);
    this.columns = Math.floor(width / this.size) + 1;
    this.rows = Math.floor(height / this.size) + 1;
    this.begin = new Uint32Array(this.columns * this.rows + 1);
    this.order = new Uint32Array(count);
    const cells = new Uint32Array(count);
    for (let i = 0; i < count; ++i) {
      cells[i] = this.cell(positions[2 * i], positions[2 * i + 1]);
      ++this.begin[cells[i] + 1];
    }
    for (let c = 1; c < this.begin.length; ++c) this.begin[c] += this.begin[c - 1];
    const next = this.begin.slice();
    for (let i = 0; i < count; ++i) this.order[next[cells[i]]++] = i;
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.box.left) / this.size) || 0));
  }
  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.box.top) / this.size) || 0));
  }
  private cell(x: number, y: number): number {
    return this.row(y) * this.columns + this.column(x);
  }

  /** Calls `visit` for the points in cells that touch `box`, until it says false. */
  private visitCells(box: Box, visit: (i: number) => boolean | void): void {
    const [from, to] = [this.column(box.left), this.column(box.right)];
    for (let row = this.row(box.top); row <= this.row(box.bottom); ++row) {
      for (let at = this.begin[row * this.columns + from]; at < this.begin[row * this.columns + to + 1]; ++at) {
        if (visit(this.order[at]) === false) return;
      }
    }
  }

  /** The point nearest to (x, y) within `radius` that `wanted` accepts, or -1. */
  nearest(x: number, y: number, radius: number, wanted: (i: number) => boolean = () => true): number {
    let best = -1;
    let distance = radius * radius;
    this.visitCells({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }, (i) => {
      const d = (this.positions[2 * i] - x) ** 2 + (this.positions[2 * i + 1] - y) ** 2;
      if (d <= distance && wanted(i)) {
        best = i;
        distance = d;
      }
    });
    return best;
  }

  /** Points in `box`, at most `limit`; null where there are more. */
  inside(box: Box, limit: number): number[] | null {
    const found: number[] = [];
    let full = false;
    this.visitCells(box, (i) => {
      const [x, y] = [this.positions[2 * i], this.positions[2 * i + 1]];
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) return true;
      full = found.length === limit;
      if (!full) found.push(i);
      return !full;
    });
    return full ? null : found;
  }
}
