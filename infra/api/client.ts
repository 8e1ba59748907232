// What an integrator would write, against the types that are generated from the document: it is compiled, not run.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated";

type Message = components["schemas"]["TimelineMessage"];
type Problem = components["schemas"]["Problem"];

const api = createClient<paths>({ baseUrl: "https://api.example.com", headers: { Authorization: "Bearer ari_" } });

/** The words of a message: a content is told apart by its type. */
export function words(message: Message): string {
  const content = message.content;
  if (content === undefined) return "";
  switch (content.type) {
    case "text":
      return content.text;
    case "location":
      return `${content.latitude}, ${content.longitude}`;
    default:
      return content.type;
  }
}

/** Answers the customer who has waited longest, and says why not if that cannot be. */
export async function answerFirst(text: string): Promise<string> {
  const inbox = await api.GET("/v1/threads", { params: { query: { state: "waiting", limit: 1 } } });
  const thread = inbox.data?.threads[0];
  if (thread === undefined) return "nobody waits";
  const timeline = await api.GET("/v1/threads/{id}/timeline", { params: { path: { id: thread.id } } });
  const last: Message | undefined = timeline.data?.messages.at(-1);
  const sent = await api.POST("/v1/messages", {
    params: { header: { "Idempotency-Key": `answer-to-${last?.id ?? thread.id}` } },
    body: { to: { thread_id: thread.id }, content: { type: "text", text } },
  });
  if (sent.error !== undefined) {
    // The gateway in front of the API has words alone.
    if (!("type" in sent.error)) return sent.error.message;
    const problem: Problem = sent.error;
    return problem.retryable ? "later" : (problem.detail ?? problem.title);
  }
  return sent.data.id;
}

/** Closes a thread unless somebody changed it meanwhile. */
export async function close(id: string, etag: string): Promise<boolean> {
  const closed = await api.PATCH("/v1/threads/{id}", {
    params: { path: { id }, header: { "If-Match": etag } },
    body: { state: "closed" },
  });
  return closed.response.status === 200;
}
