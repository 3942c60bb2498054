import { describe, expect, it, vi } from 'vitest';
import { localSum } from '../src/api/local_sum';
import { fit, toMap, toScreen, windowOf, zoomAt } from '../src/logic/camera';
import { categoryColor, colorKinds, colorNumbers, colorRange, viridis, type Rgb } from '../src/logic/colors';
import { curvesOf, klPerDim } from '../src/logic/curves';
import { mostChanged, valueText } from '../src/logic/columns';
import { csv, figure, span } from '../src/logic/format';
import { bounds, GridIndex } from '../src/logic/grid';
import { insidePolygon, lasso } from '../src/logic/lasso';
import { latest } from '../src/logic/latest';
import { interpolateCodes } from '../src/logic/paths';
import { gaussians } from '../src/logic/random';
import { readIds, readRoute, writeRoute } from '../src/logic/route';
import { channelsOf, curvePoints } from '../src/logic/series';
import { countAbove, histogram, quantile, ranked } from '../src/logic/stats';
import { discStamp } from '../src/points/canvas';
import { spreadOut } from '../src/points/overlay';

describe('random draws', () => {
  it('lie within a limit where there is one, and are normal otherwise', () => {
    const free = gaussians(4000, 3);
    const kept = gaussians(4001, 3, 0.5);
    expect(Math.max(...free.map(Math.abs))).toBeGreaterThan(2.5);
    expect(kept.length).toBe(4001);
    expect(Math.max(...kept.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(new Set(kept).size).toBeGreaterThan(3900);
  });
});

describe('grid index', () => {
  const positions = gaussians(2 * 3000, 11);
  const grid = new GridIndex(positions);
  it('finds the nearest point, as looking at all of them does', () => {
    const places = gaussians(2 * 200, 12);
    for (let p = 0; p < 200; ++p) {
      const [x, y, radius] = [places[2 * p], places[2 * p + 1], 0.05 + (p % 10) * 0.05];
      let best = -1;
      let distance = radius * radius;
      for (let i = 0; i < 3000; ++i) {
        const d = (positions[2 * i] - x) ** 2 + (positions[2 * i + 1] - y) ** 2;
        if (d <= distance && i % 3 !== 0) [best, distance] = [i, d];
      }
      expect(grid.nearest(x, y, radius, (i) => i % 3 !== 0)).toBe(best);
    }
  });
  it('finds what lies in a window, or says that it is too much', () => {
    const box = { left: -0.5, right: 0.2, top: -1, bottom: 0.1 };
    const expected = [...Array(3000).keys()].filter((i) => positions[2 * i] >= -0.5 && positions[2 * i] <= Math.fround(0.2) && positions[2 * i + 1] >= -1 && positions[2 * i + 1] <= Math.fround(0.1));
    expect(grid.inside(box, 3000)?.sort((a, b) => a - b)).toEqual(expected);
    expect(grid.inside(box, expected.length - 1)).toBeNull();
  });
  it('bears points that all lie at one place, on a line, or nowhere', () => {
    expect(new GridIndex(Float32Array.from([1, 1, 1, 1])).nearest(1, 1, 0.1)).toBeGreaterThanOrEqual(0);
    const line = new GridIndex(Float32Array.from({ length: 200 }, (_, i) => (i % 2 ? 0 : i)));
    expect(line.nearest(50.2, 0, 1)).toBe(25);
    expect(new GridIndex(new Float32Array()).nearest(0, 0, 1)).toBe(-1);
    expect(bounds(Float32Array.from([NaN, NaN]))).toEqual({ left: -1, top: -1, right: 1, bottom: 1 });
  });
});

describe('lasso', () => {
  const star = [0, 0, 4, 0, 4, 4, 2, 1, 0, 4]; // with a notch from above
  it('takes what is inside, not what the notch leaves out', () => {
    expect(insidePolygon(1, 1, star)).toBe(true);
    expect(insidePolygon(2, 3, star)).toBe(false);
    expect(lasso(Float32Array.from([1, 1, 2, 3, 3.5, 2, 9, 9]), star, () => true)).toEqual([0, 2]);
    expect(lasso(Float32Array.from([1, 1, 3.5, 2]), star, (i) => i === 1)).toEqual([1]);
  });
});

describe('camera', () => {
  const screen = { width: 800, height: 600 };
  const camera = fit({ left: -2, right: 6, top: 0, bottom: 3 }, screen);
  it('goes to the screen and back', () => {
    const [px, py] = toScreen(camera, screen, 1.5, 2.2);
    const [x, y] = toMap(camera, screen, px, py);
    expect(x).toBeCloseTo(1.5);
    expect(y).toBeCloseTo(2.2);
    expect(windowOf(camera, screen).left).toBeLessThan(-2);
    expect(windowOf(camera, screen).bottom).toBeGreaterThan(3);
  });
  it('leaves room for what lies over the right side', () => {
    const beside = fit({ left: -2, right: 6, top: 0, bottom: 3 }, screen, 300);
    expect(toScreen(beside, screen, 6, 1)[0]).toBeLessThan(500);
    expect(toScreen(beside, screen, -2, 1)[0]).toBeGreaterThan(0);
  });
  it('zooms around the pointer', () => {
    const before = toMap(camera, screen, 123, 456);
    const after = toMap(zoomAt(camera, screen, 123, 456, 3), screen, 123, 456);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });
});

/** How bright a colour is (WCAG). */
function luminance(color: Rgb): number {
  const [r, g, b] = color.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
/** As somebody without green cones sees it (Viénot et al. 1999, linear RGB left out). */
function deuteranope([r, g, b]: Rgb): number[] {
  return [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b];
}

describe('colours', () => {
  it('of the first eight kinds stay apart for readers without green cones', () => {
    for (let i = 0; i < 8; ++i) {
      for (let j = 0; j < i; ++j) {
        const [a, b] = [deuteranope(categoryColor(i)), deuteranope(categoryColor(j))];
        expect(Math.hypot(...a.map((v, c) => v - b[c])), `${i} and ${j}`).toBeGreaterThan(20);
      }
    }
  });
  it('of numbers grow brighter all the way', () => {
    for (let i = 1; i <= 20; ++i) expect(luminance(viridis(i / 20))).toBeGreaterThan(luminance(viridis((i - 1) / 20)));
  });
  it('leave hidden kinds out and show unknown ones grey', () => {
    const { index, palette } = colorKinds([0, 2, -1], new Set([2]));
    expect(palette[4 * index[0] + 3]).toBe(255);
    expect(palette[4 * index[1] + 3]).toBe(0);
    expect([...palette.subarray(4 * index[2], 4 * index[2] + 3)]).toEqual(categoryColor(-1));
  });
  it('stretch over what most values are', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => (i === 0 ? 1e9 : i));
    expect(colorRange(values)[1]).toBeLessThan(1000);
    const { index } = colorNumbers([0, 5, 10, NaN, 99], [0, 10]);
    expect([...index]).toEqual([0, 127, 254, 255, 254]);
    expect(colorRange([3, 3, 3])[1]).toBeGreaterThan(3);
  });
});

describe('address', () => {
  const views = ['map', 'morph'];
  it('comes back as it was written', () => {
    const route = { view: 'morph', params: { pick: '3,9', sum: '1 + label="low left" & more', item: '7' } };
    expect(readRoute(writeRoute(route), views)).toEqual(route);
    expect(writeRoute({ view: 'map', params: { by: 'dim:3', hide: '' } })).toBe('#map?by=dim:3');
  });
  it('shows the first view for what it does not know', () => {
    expect(readRoute('#nothing?x=1', views).view).toBe('map');
    expect(readRoute('', views)).toEqual({ view: 'map', params: {} });
    expect(readIds('1, 5,x,,-2')).toEqual([1, 5, -2]);
  });
});

describe('counting', () => {
  it('fills a histogram with every number and no other', () => {
    const bars = histogram([0, 1, 2, 10, NaN, Infinity], 5);
    expect(bars).toEqual({ low: 0, high: 10, counts: [2, 1, 0, 0, 1] });
    expect(histogram([4, 4], 3).counts).toEqual([2, 0, 0]);
    expect(histogram([], 2).counts).toEqual([0, 0]);
  });
  it('ranks, largest first, and puts what is no number last', () => {
    expect([...ranked([1, NaN, 3, 3, -1])]).toEqual([2, 3, 0, 4, 1]);
    expect(countAbove([1, 2, 3], 2)).toBe(1);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
  });
});

describe('ways between codes', () => {
  it('begin and end at the codes, pass the ones between, and keep their length on the circle', () => {
    const codes = [[2, 0], [0, 2], [-2, 0]];
    for (const path of ['linear', 'spherical']) {
      const way = interpolateCodes(codes, 9, path);
      [0, 4, 8].forEach((step, i) => codes[i].forEach((v, d) => expect(way[2 * step + d]).toBeCloseTo(v, 5)));
    }
    const circle = interpolateCodes(codes, 9, 'spherical');
    for (let s = 0; s < 9; ++s) expect(Math.hypot(circle[2 * s], circle[2 * s + 1])).toBeCloseTo(2, 5);
    expect([...interpolateCodes([[1, 1], [2, 2]], 3, 'spherical')]).toEqual([1, 1, 1.5, 1.5, 2, 2]);
  });
});

describe('sums in an exported page', () => {
  const z = Float32Array.from([1, 0, 0, 1, 3, 3]);
  const labels = Int32Array.from([0, 1, 1]);
  it('adds samples and means of classes', () => {
    expect(localSum('0 - 1 + #2', z, 2, labels, ['a', 'b c']).code).toEqual([4, 2]);
    expect(localSum('label="b c" - 0.5 * label=a', z, 2, labels, ['a', 'b c']).code).toEqual([1, 2]);
  });
  it('reads what `latent arithmetic` reads', () => {
    const sum = (text: string): number[] => localSum(text, z, 2, labels, ['a', 'b c']).code;
    expect(sum("2 * (#2 - label:'b c') / 4")).toEqual([0.75, 0.5]);
    expect(sum('2 * 1')).toEqual([0, 2]); // twice sample 1
    expect(sum('-#0 + 3*-#1')).toEqual([-1, -3]);
    expect(localSum('#0 - label:a + #0', z, 2, labels, ['a']).terms).toEqual([{ text: '#0', factor: 2 }, { text: 'label:a', factor: -1 }]);
    expect(() => sum('#0 * #1')).toThrow(/by numbers/);
    expect(() => sum('(#0 + #1')).toThrow(/ends too early/);
    expect(() => sum('0.5')).toThrow(/no sample 0.5/);
  });
  it('names what is wrong', () => {
    expect(() => localSum('0 + what', z, 2, labels, ['a'])).toThrow(/"what"/);
    expect(() => localSum('7', z, 2, labels, ['a'])).toThrow(/no sample 7/);
    expect(() => localSum('label=x', z, 2, labels, ['a'])).toThrow(/no class "x"/);
    expect(() => localSum('', z, 2, labels, ['a'])).toThrow(/at least one/);
  });
});

describe('rows of a table', () => {
  it('write as 0 what is nothing beside the values of its column', () => {
    expect([valueText(-2.8e-6, 16), valueText(0.009, 16), valueText(0.02, 16), valueText(5e-5, 1e-4), valueText(7)]).toEqual(['0', '0', '0.020', '5.00e-5', '7.00']);
  });
  it('show the columns that change most, each beside its size', () => {
    const rows = [[0, 50000, 1], [0, 50900, 3], [0, 50100, 2]];
    expect(mostChanged(rows, 2, [1, 60000, 4])).toEqual([2, 1]);
    expect(mostChanged(rows, 9)).toEqual([2, 1, 0]);
    expect(mostChanged([], 3)).toEqual([]);
  });
});

describe('work that follows the pointer', () => {
  it('does one piece at a time, then the newest', async () => {
    const done: number[] = [];
    let release: (() => void) | null = null;
    const work = latest<number>((value) => new Promise((finish) => {
      done.push(value);
      release = finish;
    }));
    [1, 2, 3, 4].forEach(work);
    expect(done).toEqual([1]);
    release!();
    await vi.waitFor(() => expect(done).toEqual([1, 4]));
    release!();
    expect(work.rate()).toBeGreaterThan(0);
  });
});

describe('curves of a training', () => {
  const history = [
    { epoch: 1, seconds: 3, train: { reconstruction: 200, kl: 10 }, test: { reconstruction: 210, kl_per_dim: [1, 0] } },
    { epoch: 2, seconds: 6, train: { reconstruction: 150, kl: 12 }, test: null },
  ];
  it('put training and test of a figure together', () => {
    const { x, groups } = curvesOf(history);
    expect(x).toEqual([1, 2]);
    expect(groups.map(({ title }) => title)).toEqual(['reconstruction', 'kl']);
    expect(groups[0].lines).toEqual([{ name: 'train', values: [200, 150] }, { name: 'test', values: [210, null] }]);
    expect(klPerDim(history, 1)).toEqual([1, 0]);
    expect(klPerDim([], 0)).toEqual([]);
  });
});

describe('what is written', () => {
  it('quotes cells that need it', () => {
    expect(csv(['id', 'label'], [[1, 'a "b"'], [2, 'x,y']])).toBe('id,label\n1,"a ""b"""\n2,"x,y"\n');
  });
  it('shows the digits that matter', () => {
    expect([figure(12345), figure(3.14159), figure(123.456), figure(0.00001), figure(null), figure(NaN)]).toEqual(['12,345', '3.14', '123.5', '1.00e-5', '–', '–']);
    expect([0, 1, 40.4, 100, 170, 7300].map(span)).toEqual(['1 second', '1 second', '40 seconds', '2 minutes', '3 minutes', '2 hours']);
    expect([figure(0.0412, 2), figure(0.5, 2), figure(0, 2)]).toEqual(['0.041', '0.5', '0.0']);
  });
});

describe('points on a canvas', () => {
  it('are discs of the size that was asked for', () => {
    for (const diameter of [1, 2.4, 5, 9]) {
      const area = discStamp(diameter).cover.reduce((sum, share) => sum + share, 0) / 256;
      expect(area / (Math.PI * diameter * diameter / 4)).toBeGreaterThan(0.75);
      expect(area / (Math.PI * diameter * diameter / 4)).toBeLessThan(1.35);
    }
  });
  it('give their place to pictures that do not overlap', () => {
    const positions = gaussians(2 * 400, 5);
    const all = [...Array(400).keys()];
    const chosen = spreadOut(all, positions, 100, 40);
    expect(chosen.length).toBeGreaterThan(20);
    for (const a of chosen) for (const b of chosen) {
      const apart = Math.max(Math.abs(positions[2 * a] - positions[2 * b]), Math.abs(positions[2 * a + 1] - positions[2 * b + 1])) * 100;
      if (a !== b) expect(apart).toBeGreaterThanOrEqual(39.99);
    }
  });
});

describe('series', () => {
  it('have channels one after the other, or step by step', () => {
    expect(channelsOf([1, 2, 3, 4, 5, 6], { channels: 2 })).toEqual([[1, 2, 3], [4, 5, 6]]);
    expect(channelsOf([1, 2, 3, 4, 5, 6], { channels: 2, channels_last: true })).toEqual([[1, 3, 5], [2, 4, 6]]);
    expect(channelsOf([1, 2, 3])).toEqual([[1, 2, 3]]);
    expect(channelsOf([1, 2, 3], { channels: 2 })).toEqual([[1, 2, 3]]);
  });
  it('become lines that keep every peak, however long they are', () => {
    expect(curvePoints([0, 1])).toBe('2.0,38.0 98.0,2.0');
    expect(curvePoints([5, 5])).toBe('2.0,20.0 98.0,20.0');
    expect(curvePoints([NaN])).toBe('');
    const long = new Array(10_000).fill(0);
    long[7777] = 1;
    const points = curvePoints(long).split(' ');
    expect(points.length).toBeLessThan(500);
    expect(points.filter((point) => point.endsWith(',2.0'))).toHaveLength(1);
  });
});
