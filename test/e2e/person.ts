/**
 * A person at a desktop, in the words of the window: what they press, type and see. Everything goes through the page as a person would do it;
 * what the system around the page does (focus, notifications, plugs) is the driver's.
 */
import type { Locator, Page } from '@playwright/test';
import type { DesktopDriver } from './driver/desktop.ts';
import { expect } from './driver/fixture.ts';

export interface Account {
  readonly name: string;
  readonly handle: string;
}

export const PASSWORD = 'a sentence for the tests';

export class Person {
  readonly account: Account;
  readonly desktop: DesktopDriver;
  #page: Page;

  private constructor(account: Account, desktop: DesktopDriver, page: Page) {
    this.account = account;
    this.desktop = desktop;
    this.#page = page;
  }

  static async at(desktop: DesktopDriver, account: Account): Promise<Person> {
    return new Person(account, desktop, await desktop.window());
  }

  get page(): Page {
    return this.#page;
  }

  /** Starts the desktop again on the same data. */
  async relaunch(): Promise<void> {
    await this.desktop.relaunch();
    this.#page = await this.desktop.window();
  }

  // --- coming in

  async startTeam(teamName: string): Promise<void> {
    await this.#page.getByRole('button', { name: 'Start a team on this computer' }).click();
    await this.#page.getByLabel('Name of the team').fill(teamName);
    await this.#fillAccount();
    await this.#page.getByRole('button', { name: 'Start the team' }).click();
    await this.seesLine('Connected');
  }

  async follow(link: string): Promise<void> {
    await this.#page.getByRole('button', { name: 'I have an invite' }).click();
    await this.#page.getByLabel('Invite link or address').fill(link);
    await this.#page.getByRole('button', { name: 'Continue' }).click();
  }

  async setUp(link: string, teamName: string): Promise<void> {
    await this.follow(link);
    await this.#page.getByLabel('Name of the team').fill(teamName);
    await this.#fillAccount();
    await this.#page.getByRole('button', { name: 'Make the team' }).click();
    await this.seesLine('Connected');
  }

  async join(link: string): Promise<void> {
    await this.follow(link);
    await this.#fillAccount();
    await this.#page.getByRole('button', { name: 'Join', exact: true }).click();
    await this.seesLine('Connected');
  }

  async #fillAccount(): Promise<void> {
    await this.#page.getByLabel('Your name').fill(this.account.name);
    await this.#page.getByLabel('Handle').fill(this.account.handle);
    await this.#page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  }

  /** The link of a fresh invite, read off the dialog. */
  async invite(teamName: string): Promise<string> {
    await this.chooseInTeamMenu(teamName, 'Invite people');
    await this.#page.getByRole('button', { name: 'Make a link' }).click();
    const link = await this.#page.getByLabel('Invite link', { exact: true }).textContent();
    await this.#page.keyboard.press('Escape');
    await expect(this.#page.getByRole('dialog')).toHaveCount(0);
    return link ?? '';
  }

  async chooseInTeamMenu(teamName: string, entry: string): Promise<void> {
    await this.#page
      .getByRole('button', { name: teamName })
      .filter({ has: this.#page.getByRole('heading') })
      .click();
    await this.#page.getByRole('menuitem', { name: entry }).click();
  }

  // --- talking

  get composer(): Locator {
    return this.#page
      .getByRole('combobox', { name: /^Message / })
      .or(this.#page.getByRole('textbox', { name: /^Message / }));
  }

  get messages(): Locator {
    return this.#page.locator('article[data-message]');
  }

  message(text: string): Locator {
    return this.messages.filter({ hasText: text });
  }

  async openChannel(name: string): Promise<void> {
    await this.row(name).click();
    await expect(this.composer).toBeVisible();
  }

  row(name: string): Locator {
    return this.#page.locator('[data-channel-row]').filter({ hasText: name });
  }

  /** Writes and presses Enter; done when the message is drawn. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
    await expect(this.message(text)).toHaveCount(1);
  }

  /** The texts of the messages on screen that belong to a script, top to bottom. */
  async reads(script: readonly string[]): Promise<readonly string[]> {
    const texts = await this.messages.allInnerTexts();
    return texts.flatMap((text) => script.filter((line) => text.includes(line)));
  }

  /** Does not wait for the next attempt, as one who sees that the relay is there again. */
  async comesBack(): Promise<void> {
    const retry = this.#page.getByRole('button', { name: 'Retry now' });
    const line = this.#page.getByRole('button', { name: /^Connection: Connected/ });
    await expect(async () => {
      if (await retry.isVisible()) await retry.click({ timeout: 1_000 });
      await expect(line).toBeVisible({ timeout: 1_500 });
    }).toPass({ timeout: 45_000 });
  }

  seesLine(state: string): Promise<void> {
    return expect(this.#page.getByRole('button', { name: /^Connection: / })).toHaveAccessibleName(
      new RegExp(state),
      { timeout: 45_000 },
    );
  }
}
