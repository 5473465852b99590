import { Html, markup } from "../../../runner/pages/html/html";

describe("markup", () => {
  it("escapes every value, in text and in attributes", () => {
    const evil = `<script>alert("1")</script> & 'x'`;
    expect(markup`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</p>',
    );
  });

  it("escapes the values of a list, each once", () => {
    const inner = markup`<b>${"<"}</b>`;
    expect(markup`<p>${[inner, "<", [inner]]}${undefined}${7}</p>`.text).toBe(
      "<p><b>&lt;</b>&lt;<b>&lt;</b>7</p>",
    );
    expect(inner).toBeInstanceOf(Html);
  });

  it("shows the code points of invisible characters", () => {
    expect(markup`${"a\u202eb\u200b\u0000\ufeff"}`.text).toBe("a[U+202E]b[U+200B][U+0000][U+FEFF]");
  });
});
