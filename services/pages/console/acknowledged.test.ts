import { beforeEach, describe, expect, it } from "vitest";
import { Acknowledged } from "./acknowledged";

class Browser {
  text: string | null = null;
  getItem(): string | null {
    return this.text;
  }
  setItem(_key: string, text: string): void {
    this.text = text;
  }
}

describe("an acknowledged alert", () => {
  let browser: Browser;
  beforeEach(() => {
    browser = new Browser();
  });

  it("stays so over a reload, and the others are not", () => {
    new Acknowledged(browser).add("a");
    const reloaded = new Acknowledged(browser);
    reloaded.keepOnly(["a", "b"]);
    expect(reloaded.has("a")).toBe(true);
    expect(reloaded.has("b")).toBe(false);
  });

  it("is kept where the look that follows was on its way before it came", () => {
    const page = new Acknowledged(browser);
    page.keepOnly([]);
    page.add("new");
    page.keepOnly([]);
    expect(page.has("new")).toBe(true);
  });

  it("is forgotten when the incident is over or no longer critical", () => {
    const page = new Acknowledged(browser);
    page.add("a");
    page.keepOnly(["a"]);
    page.keepOnly([]);
    expect(page.has("a")).toBe(false);
    page.add("b");
    const reloaded = new Acknowledged(browser);
    reloaded.keepOnly([]); // it ended while nobody looked
    expect(reloaded.has("b")).toBe(false);
  });

  it("is known to every window of the browser", () => {
    const [one, other] = [new Acknowledged(browser), new Acknowledged(browser)];
    one.add("a");
    expect(other.has("a")).toBe(true);
  });

  it("rings again rather than never where what was kept cannot be read", () => {
    browser.text = "{broken";
    expect(new Acknowledged(browser).has("a")).toBe(false);
  });
});
