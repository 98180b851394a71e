/**
 * `Notification`: what the app wants shown, kept for the harness instead of shown. Tests act the user's part through
 * `NotificationLog` (click, reply, action, dismiss) or the system's (fail).
 */
import { randomUUID } from 'node:crypto';
import type { NotificationNote, Tell } from './notes.ts';
import { StrictEmitter, createEvent } from './strict.ts';

export class NotificationLog {
  readonly #shown = new Map<number, StandinNotification>();
  #lastNumber = 0;
  isSupported = true;
  /** Set by a test: why the system refuses to show any, as after macOS's "unsigned" answer. */
  failure: string | undefined;

  add(notification: StandinNotification): number {
    this.#lastNumber += 1;
    this.#shown.set(this.#lastNumber, notification);
    return this.#lastNumber;
  }

  remove(number: number): void {
    this.#shown.delete(number);
  }

  /** Those on screen now, oldest first. */
  get onScreen(): readonly StandinNotification[] {
    return [...this.#shown.values()];
  }

  /** The numbers of their notes, oldest first. */
  get numbersOnScreen(): readonly number[] {
    return [...this.#shown.keys()];
  }

  #get(number: number): StandinNotification {
    const found = this.#shown.get(number);
    if (found === undefined) throw new Error(`stand-in: no notification ${number} is on screen`);
    return found;
  }

  /** The user clicks it; it leaves the screen, as on every system. */
  click(number: number): void {
    const notification = this.#get(number);
    this.remove(number);
    notification.emit('click', createEvent({}));
  }

  reply(number: number, reply: string): void {
    const notification = this.#get(number);
    this.remove(number);
    notification.emit('reply', createEvent({ reply }), reply);
  }

  act(number: number, actionIndex: number): void {
    const notification = this.#get(number);
    this.remove(number);
    notification.emit('action', createEvent({ actionIndex, selectionIndex: -1 }), actionIndex, -1);
  }

  dismiss(number: number): void {
    const notification = this.#get(number);
    this.remove(number);
    notification.emit('close', createEvent({ reason: 'userCanceled' }));
  }
}

export interface NotificationParts {
  readonly tell: Tell;
  readonly log: NotificationLog;
}

type Options = Electron.NotificationConstructorOptions;

export class StandinNotification
  extends StrictEmitter
  implements Pick<Electron.Notification, 'show' | 'close'>
{
  readonly #parts: NotificationParts;
  readonly #options: Options;
  #number: number | undefined;
  readonly id: string;
  readonly groupId: string;
  readonly groupTitle: string;
  title: string;
  subtitle: string;
  body: string;
  silent: boolean;
  hasReply: boolean;
  replyPlaceholder: string;
  urgency: 'normal' | 'critical' | 'low';
  timeoutType: 'default' | 'never';
  actions: Electron.NotificationAction[];

  constructor(parts: NotificationParts, options: Options = {}) {
    super();
    this.#parts = parts;
    this.#options = options;
    this.id = options.id === undefined || options.id === '' ? randomUUID() : options.id;
    this.groupId = options.groupId ?? '';
    this.groupTitle = options.groupTitle ?? '';
    this.title = options.title ?? '';
    this.subtitle = options.subtitle ?? '';
    this.body = options.body ?? '';
    this.silent = options.silent ?? false;
    this.hasReply = options.hasReply ?? false;
    this.replyPlaceholder = options.replyPlaceholder ?? '';
    this.urgency = options.urgency ?? 'normal';
    this.timeoutType = options.timeoutType ?? 'default';
    this.actions = options.actions ?? [];
  }

  protected override get raises(): readonly string[] {
    return ['show', 'click', 'close', 'reply', 'action', 'failed'];
  }

  show(): void {
    const { log, tell } = this.#parts;
    this.#leave();
    if (log.failure !== undefined) {
      const reason = log.failure;
      setImmediate(() => this.emit('failed', createEvent({}), reason));
      return;
    }
    // The same identifier shown again takes the place of the one on screen.
    for (const other of log.onScreen) if (other.id === this.id) other.#leave();
    this.#number = log.add(this);
    tell('notification', this.#note(this.#number));
    setImmediate(() => this.emit('show', createEvent({})));
  }

  close(): void {
    if (this.#number === undefined) return;
    this.#leave();
    this.emit('close', createEvent({ reason: 'applicationHidden' }));
  }

  #leave(): void {
    if (this.#number === undefined) return;
    this.#parts.log.remove(this.#number);
    this.#parts.tell('notification-closed', { id: this.#number });
    this.#number = undefined;
  }

  #note(id: number): NotificationNote {
    const { title, body, subtitle, silent, hasReply, urgency } = this;
    const tag = this.#options.id ?? this.#options.groupId;
    const actions = this.actions.map((action) => action.text ?? '');
    return {
      id,
      title,
      body,
      subtitle,
      silent,
      hasReply,
      urgency,
      actions,
      ...(tag === undefined ? {} : { tag }),
    };
  }
}
