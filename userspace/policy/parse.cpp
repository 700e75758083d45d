// SPDX-License-Identifier: BSD-2-Clause
// The only file that knows the YAML library. It uses the library's events, not its nodes (a third of the time, a tenth
// of the memory), and lets no exception out.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <istream>
#include <streambuf>

#include "policy/limits.hpp"
#include "policy/report.hpp"
#include "policy/yaml_tree.hpp"

namespace kss::policy {
namespace {

// The text is not copied into a stream of its own.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

struct Stop {};  // the handler has reported an error that ends the parse

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, ParsedPolicy& owner, YamlTree& tree, uint64_t& budget, Reporter& report)
      : source_(source), owner_(owner), tree_(tree), budget_(budget), report_(report) {
    tree_.nodes.resize(1);
  }

  size_t placeholders() const { return placeholders_; }

  // From the library's mark (in the text with placeholders) to the place in the file.
  Text place(const YAML::Mark& mark) const {
    Text text;
    text.source = &source_;
    int64_t offset = std::max(mark.pos, 0), line = std::max(mark.line, 0);
    text.column = static_cast<uint32_t>(std::max(mark.column, 0));
    auto after =
        std::upper_bound(shifts_.begin(), shifts_.end(), line, [](int64_t l, const Shift& s) { return l < s.line; });
    if (after != shifts_.begin()) {
      offset += (after - 1)->offset_by;
      line += (after - 1)->line_by;
    }
    text.offset = static_cast<uint32_t>(std::clamp<int64_t>(offset, 0, static_cast<int64_t>(source_.text.size())));
    text.line = static_cast<uint32_t>(line);
    return text;
  }

  // The file with each run of rule lines replaced by a placeholder.
  std::string reduce() {
    std::string out;
    size_t at = 0;
    int64_t lines_gone = 0;
    for (size_t i = 0; i < tree_.runs.size(); ++i) {
      const RuleRun& run = tree_.runs[i];
      out.append(source_.text, at, run.begin - at);
      out.append(run.indent, ' ').append("- ").append(placeholder(i)).append("\n");
      at = run.end;
      int64_t line_here = run.first_line - lines_gone;
      lines_gone += static_cast<int64_t>(run.line_count) - 1;
      shifts_.push_back({line_here + 1, static_cast<int64_t>(at) - static_cast<int64_t>(out.size()), lines_gone});
    }
    out.append(source_.text, at);
    return out;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(add(YamlNode::Kind::null, mark, anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    uint32_t target = anchor < anchors_.size() ? anchors_[anchor] : 0;
    if (target == 0 || !tree_.nodes[target].closed) {
      report_.error(place(mark), {}, "an alias inside what it stands for, or of an unknown anchor");
      throw Stop{};
    }
    uint32_t node = add(YamlNode::Kind::alias, mark, 0);
    tree_.nodes[node].target = target;
    tree_.nodes[node].weight = tree_.nodes[target].weight;
    finish(node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    bool quoted = tag == "!";
    uint32_t index = add(YamlNode::Kind::scalar, mark, anchor);
    YamlNode& node = tree_.nodes[index];
    node.quoted = quoted;
    if (!quoted && !tree_.runs.empty() && value.compare(0, 15, "kss-rule-lines-") == 0 && at_run(value)) {
      node.kind = YamlNode::Kind::rule_lines;
      node.target = static_cast<uint32_t>(placeholders_++);
    } else {
      node.text.value = keep(value, node.text.offset + (quoted ? 1 : 0));
    }
    finish(index);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(add(YamlNode::Kind::sequence, mark, anchor));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag);
    open(add(YamlNode::Kind::map, mark, anchor));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Shift {
    int64_t line, offset_by, line_by;  // from this line of the reduced text on
  };
  struct Open {
    uint32_t node, last;
  };

  std::string_view keep(const std::string& value, size_t offset) {
    const std::string& text = source_.text;
    if (!value.empty() && offset <= text.size() && text.compare(offset, value.size(), value) == 0)
      return std::string_view(text).substr(offset, value.size());
    return owner_.strings.emplace_back(value);
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report_.error(place(mark), {}, "YAML tags such as `" + tag.substr(0, 40) + "` have no meaning in a policy");
    throw Stop{};
  }

  bool at_run(const std::string& value) {
    if (stack_.size() != 2 || tree_.nodes[stack_[1].node].kind != YamlNode::Kind::sequence) return false;
    const YamlNode& top = tree_.nodes[stack_[0].node];
    if (top.kind != YamlNode::Kind::map || top.count % 2 != 0 || placeholders_ >= tree_.runs.size()) return false;
    return value == placeholder(placeholders_) && last_key_ == tree_.runs[placeholders_].key;
  }

  uint32_t add(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (tree_.nodes.size() > budget_) too_big(place(mark));
    auto index = static_cast<uint32_t>(tree_.nodes.size());
    tree_.nodes.emplace_back();
    tree_.nodes[index].kind = kind;
    tree_.nodes[index].text = place(mark);
    if (anchor != 0) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = index;
    }
    if (!stack_.empty()) {
      Open& parent = stack_.back();
      (parent.last == 0 ? tree_.nodes[parent.node].first : tree_.nodes[parent.last].next) = index;
      parent.last = index;
      ++tree_.nodes[parent.node].count;
    }
    return index;
  }

  void open(uint32_t index) {
    if (stack_.size() >= kMaxYamlDepth) {
      report_.error(tree_.nodes[index].text, {}, "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels");
      throw Stop{};
    }
    stack_.push_back({index, 0});
  }

  void close() {
    uint32_t index = stack_.back().node;
    stack_.pop_back();
    finish(index);
  }

  void finish(uint32_t index) {
    YamlNode& node = tree_.nodes[index];
    node.closed = true;
    if (stack_.empty()) {
      budget_ -= std::min(budget_, node.weight);
      return;
    }
    YamlNode& parent = tree_.nodes[stack_.back().node];
    parent.weight += node.weight;
    if (parent.weight > budget_) too_big(node.text);
    if (stack_.size() == 1 && parent.kind == YamlNode::Kind::map && parent.count % 2 == 1) last_key_ = node.text.value;
  }

  [[noreturn]] void too_big(const Text& text) {
    report_.error(text, {},
                  "more than " + std::to_string(kMaxYamlNodes) + " YAML nodes, aliases counted as what they stand for");
    throw Stop{};
  }

  const Source& source_;
  ParsedPolicy& owner_;
  YamlTree& tree_;
  uint64_t& budget_;
  Reporter& report_;
  std::vector<Open> stack_;
  std::vector<uint32_t> anchors_;
  std::vector<Shift> shifts_;
  std::string_view last_key_;
  size_t placeholders_ = 0;
};

// What the library's terse messages most often mean here.
std::string explain(const Source& source, const Text& text) {
  size_t begin = source.text.rfind('\n', text.offset == 0 ? 0 : text.offset - 1);
  begin = begin == std::string::npos ? 0 : begin + 1;
  std::string_view line = std::string_view(source.text).substr(begin, source.text.find('\n', begin) - begin);
  size_t dash = line.find_first_not_of(' ');
  if (line.find('\t') != std::string_view::npos) return "YAML is indented by spaces, not tabs";
  bool item = dash != std::string_view::npos && line[dash] == '-';
  if (item && (line.find(": {") != std::string_view::npos || line.find("- {") != std::string_view::npos))
    return "put a rule in quotes if a brace follows the dash or the colon: - \"{a b} c : {file dir} read\"";
  if (line.find(" : ") != std::string_view::npos) return "put the rule in quotes: - \"hmi page : file read\"";
  return {};
}

bool refuse_bytes(const Source& source, Reporter& report) {
  uint32_t line = 0;
  size_t start = 0;
  for (size_t i = 0; i < source.text.size(); ++i) {
    auto c = static_cast<unsigned char>(source.text[i]);
    if (c == '\n') {
      ++line;
      start = i + 1;
    } else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
      Text text;
      text.source = &source;
      text.offset = static_cast<uint32_t>(i);
      text.line = line;
      text.column = static_cast<uint32_t>(i - start);
      report.error(text, {}, "control character " + std::to_string(c) + " in the text", "a policy is UTF-8 text");
      return true;
    }
  }
  return false;
}

}  // namespace

bool parse_yaml(const Source& source, ParsedPolicy& owner, YamlTree& tree, uint64_t& budget, Reporter& report) {
  if (refuse_bytes(source, report)) return false;
  tree.runs = find_rule_runs(source.text);
  for (;;) {
    Builder builder(source, owner, tree, budget, report);
    uint64_t before = budget;
    try {
      std::string reduced;
      if (!tree.runs.empty()) reduced = builder.reduce();
      ViewBuffer buffer(tree.runs.empty() ? std::string_view(source.text) : std::string_view(reduced));
      std::istream stream(&buffer);
      YAML::Parser parser(stream);
      bool some = parser.HandleNextDocument(builder);
      if (some && builder.placeholders() != tree.runs.size()) {
        budget = before;
        tree = {};
        continue;
      }
      if (some) {
        YamlTree rest_tree;
        uint64_t rest_budget = kMaxYamlNodes;
        Builder rest(source, owner, rest_tree, rest_budget, report);
        if (parser && parser.HandleNextDocument(rest)) {
          report.error(tree.nodes[1].text, {}, "a policy file is one YAML document; this one has several",
                       "remove the line `---` in its middle");
          return false;
        }
      }
      if (!some || tree.nodes.size() < 2) {
        Text text;
        text.source = &source;
        report.error(text, {}, "the file is empty", "a policy begins with `policy: NAME`");
        return false;
      }
      return true;
    } catch (const Stop&) {
      return false;
    } catch (const YAML::Exception& e) {
      if (!tree.runs.empty()) {  // the runs may be no runs at all: the file as it is says better what is wrong
        budget = before;
        tree = {};
        continue;
      }
      Text text = builder.place(e.mark);
      report.error(text, {}, "not valid YAML: " + e.msg, explain(source, text));
      return false;
    } catch (const std::exception& e) {
      Text text;
      text.source = &source;
      report.error(text, {}, std::string("not readable as YAML: ") + e.what());
      return false;
    }
  }
}

}  // namespace kss::policy
