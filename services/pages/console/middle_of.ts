// Where an area's name is written.

type Ring = GeoJSON.Position[];

/** The centre of gravity of the largest ring of a polygon; null for what is none. */
export function middleOf(geometry: GeoJSON.Geometry): [number, number] | null {
  const polygons: Ring[][] =
    geometry.type === "Polygon"
      ? [geometry.coordinates]
      : geometry.type === "MultiPolygon"
        ? geometry.coordinates
        : [];
  let best: [number, number] | null = null;
  let largest = 0;
  for (const [ring] of polygons) {
    if (!ring) continue;
    const [area, lon, lat] = gravity(ring);
    if (Math.abs(area) > largest) [largest, best] = [Math.abs(area), [lon, lat]];
  }
  return best;
}

/** Signed area in square degrees, and the centre of gravity. */
function gravity(ring: Ring): [number, number, number] {
  const [originX, originY] = ring[0] as [number, number];
  let [area, x, y] = [0, 0, 0];
  for (let i = 1; i < ring.length; i += 1) {
    const [fromX, fromY] = ring[i - 1] as [number, number];
    const [toX, toY] = ring[i] as [number, number];
    const cross = (fromX - originX) * (toY - originY) - (toX - originX) * (fromY - originY);
    area += cross / 2;
    x += ((fromX + toX - 2 * originX) * cross) / 6;
    y += ((fromY + toY - 2 * originY) * cross) / 6;
  }
  return area === 0 ? [0, originX, originY] : [area, originX + x / area, originY + y / area];
}
