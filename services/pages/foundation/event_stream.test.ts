import { describe, expect, it } from "vitest";
import { EventParser } from "./event_stream";

const STREAM = [
  "retry: 2000\nid: 7\n: heartbeat\n\n",
  "id: 8\nevent: forestall.assignment.offered.v1\ndata: {\"a\":\ndata: 1}\n\n",
  "id: 9\r\ndata: last\r\n\r\n",
].join("");

describe("events of a stream", () => {
  it("come out the same, however the network cuts the stream", () => {
    const whole = new EventParser().push(STREAM);
    expect(whole).toEqual([
      { id: "8", type: "forestall.assignment.offered.v1", data: '{"a":\n1}' },
      { id: "9", type: "message", data: "last" },
    ]);
    for (let cut = 1; cut < STREAM.length; cut += 1) {
      const parser = new EventParser();
      const events = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))];
      expect(events, `cut at ${cut}`).toEqual(whole);
      expect(parser.lastId).toBe("9");
    }
  });

  it("move the place to go on from only when they are whole", () => {
    const parser = new EventParser();
    parser.push("id: 7\n: heartbeat\n\nid: 8\ndata: half");
    expect(parser.lastId).toBe("7");
  });
});
