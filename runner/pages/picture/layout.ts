import type { Picture, PictureTable, Relation } from "./picture";

/** The positions of the tables and the paths of the lines, in user units of the SVG. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

export interface Box {
  readonly table: PictureTable;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line from the referring table to the one that it refers to, as an SVG path. */
interface Line {
  readonly relation: Relation;
  readonly path: string;
}

export const HEADER_HEIGHT = 42;
export const ROW_HEIGHT = 19;
const FOOT = 8;
const NARROW_BOX = 292;
const WIDE_BOX = 300;
const GAP_Y = 24;
/** The gap between columns, with room for the lines. */
const GAP_X = 66;
const LANE = 7;

/** A layout for phones: one column of tables, with the lines at its right. */
export function narrowLayout(picture: Picture): Layout {
  const boxes = stack(picture.tables, { x: 0, y: 0, width: NARROW_BOX });
  // The first lane leaves room for the arrow heads.
  const right = NARROW_BOX;
  const firstLane = right + 10;
  return {
    width: firstLane + picture.relations.length * LANE,
    height: Math.max(0, ...boxes.map(({ y, height }) => y + height)),
    boxes,
    lines: picture.relations.flatMap((relation, index) => {
      const ends = endsOf(boxes, relation);
      const lane = firstLane + index * LANE;
      return ends === undefined
        ? []
        : [
            {
              relation,
              path: `M${n(right)} ${n(ends.fromY)}H${n(lane)}V${n(ends.toY)}H${n(right)}`,
            },
          ];
    }),
  };
}

/**
 * A layout in three columns: tables that others refer to at the left, views in the middle, referring tables at the right;
 * tables without a relation in the shorter outer column.
 */
export function wideLayout({ tables, relations }: Picture): Layout {
  const views = tables.filter(({ kind }) => kind === "view");
  const refers = (table: PictureTable): boolean =>
    relations.some(
      ({ kind, from, to }) => kind === "foreign key" && from === table.name && to !== from,
    );
  const isRelated = (table: PictureTable): boolean =>
    relations.some(({ from, to }) => from === table.name || to === table.name);
  const others = tables.filter((table) => !views.includes(table));
  const right = others.filter(refers);
  const left = others.filter((table) => !refers(table) && isRelated(table));
  for (const table of others.filter((one) => !refers(one) && !isRelated(one))) {
    (heightOf(left) <= heightOf(right) ? left : right).push(table);
  }
  const columns = [left, views, right].filter((column) => column.length > 0);
  const height = Math.max(...columns.map(heightOf));
  const boxes = columns.flatMap((column, index) =>
    stack(column, {
      x: index * (WIDE_BOX + GAP_X),
      y: column === views ? (height - heightOf(views)) / 2 : 0,
      width: WIDE_BOX,
    }),
  );
  return {
    width: Math.max(columns.length, 2) * (WIDE_BOX + GAP_X) - GAP_X,
    height,
    boxes,
    lines: relations.flatMap((relation) => {
      const ends = endsOf(boxes, relation);
      return ends === undefined ? [] : [{ relation, path: curve(ends) }];
    }),
  };
}

interface Ends {
  readonly from: Box;
  readonly to: Box;
  readonly fromY: number;
  readonly toY: number;
}

function endsOf(boxes: readonly Box[], relation: Relation): Ends | undefined {
  const from = boxes.find(({ table }) => table.name === relation.from);
  const to = boxes.find(({ table }) => table.name === relation.to);
  return from === undefined || to === undefined
    ? undefined
    : { from, to, fromY: rowY(from, relation.fromColumn), toY: rowY(to, relation.toColumn) };
}

function curve({ from, to, fromY, toY }: Ends): string {
  if (from.x === to.x) {
    const x = from.x + from.width;
    const out = n(x + GAP_X * 0.6);
    return `M${n(x)} ${n(fromY)}C${out} ${n(fromY)} ${out} ${n(toY)} ${n(x)} ${n(toY)}`;
  }
  const isLeft = to.x < from.x;
  const start = isLeft ? from.x : from.x + from.width;
  const end = isLeft ? to.x + to.width : to.x;
  const bend = (isLeft ? -1 : 1) * Math.max(GAP_X * 0.6, Math.abs(end - start) * 0.4);
  return `M${n(start)} ${n(fromY)}C${n(start + bend)} ${n(fromY)} ${n(end - bend)} ${n(toY)} ${n(end)} ${n(toY)}`;
}

function rowY(box: Box, column: string | undefined): number {
  const index = box.table.columns.findIndex(({ name }) => name === column);
  return index === -1
    ? box.y + HEADER_HEIGHT / 2
    : box.y + HEADER_HEIGHT + index * ROW_HEIGHT + ROW_HEIGHT / 2;
}

function stack(
  tables: readonly PictureTable[],
  { x, y: top, width }: Pick<Box, "x" | "y" | "width">,
): Box[] {
  let y = top;
  return tables.map((table) => {
    const box = { table, x, y, width, height: tableHeight(table) };
    y += box.height + GAP_Y;
    return box;
  });
}

function tableHeight({ columns }: PictureTable): number {
  return HEADER_HEIGHT + (columns.length === 0 ? 0 : columns.length * ROW_HEIGHT + FOOT);
}

function heightOf(tables: readonly PictureTable[]): number {
  return tables.reduce((sum, table) => sum + tableHeight(table) + GAP_Y, -GAP_Y);
}

function n(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
