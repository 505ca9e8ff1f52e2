package brief

import (
	"strings"
	"testing"
)

// A schedule is understood as people of each language say it.
func TestParseWhen(t *testing.T) {
	for text, want := range map[string]string{
		"as it comes": AsItComes, "As it comes.": AsItComes, "immediately": AsItComes, "sofort": AsItComes, "随到随发": AsItComes, "по мере поступления": AsItComes, "فور وصولها": AsItComes,
		"every day at 8":                "0 8 * * *",
		"daily 8:00 and 18:00":          "0 8,18 * * *",
		"daily 18:00, 8:00":             "0 8,18 * * *",
		"8am and 6 pm":                  "0 8,18 * * *",
		"12 am":                         "0 0 * * *",
		"every day at 24:00":            "0 0 * * *",
		"every day":                     "0 8 * * *",
		"7.30":                          "30 7 * * *",
		"weekdays 7:30":                 "30 7 * * 1-5",
		"every weekday at 7:30":         "30 7 * * 1-5",
		"mondays at 9":                  "0 9 * * 1",
		"every Friday 17:15":            "15 17 * * 5",
		"mon, wed and fri at 9":         "0 9 * * 1,3,5",
		"at weekends at 10":             "0 10 * * 0,6",
		"every 2 hours":                 "0 */2 * * *",
		"every 2h":                      "0 */2 * * *",
		"every 5 hours":                 "@every 5h",
		"hourly":                        "0 * * * *",
		"every hour":                    "0 * * * *",
		"every 15 minutes":              "*/15 * * * *",
		"every 7 minutes":               "@every 7m",
		"every 60 minutes":              "0 * * * *",
		"jeden Tag um 8 Uhr":            "0 8 * * *",
		"täglich um 8 und 18 Uhr":       "0 8,18 * * *",
		"werktags 7:30 Uhr":             "30 7 * * 1-5",
		"montags und do um 9":           "0 9 * * 1,4",
		"alle 2 Stunden":                "0 */2 * * *",
		"tous les jours à 8h30":         "30 8 * * *",
		"tous les jours à 18 heures":    "0 18 * * *",
		"toutes les 3 heures":           "0 */3 * * *",
		"du lundi au vendredi à 7h":     "0 7 * * 1-5",
		"todos los días a las 8":        "0 8 * * *",
		"de lunes a viernes a las 7:30": "30 7 * * 1-5",
		"cada 2 horas":                  "0 */2 * * *",
		"los lunes a las 9 de la noche": "0 21 * * 1",
		"todos os dias às 8 e às 18":    "0 8,18 * * *",
		"de segunda a sexta às 7h30":    "30 7 * * 1-5",
		"каждый день в 8 и 18":          "0 8,18 * * *",
		"ежедневно в 8 утра":            "0 8 * * *",
		"по будням в 7:30":              "30 7 * * 1-5",
		"каждые 2 часа":                 "0 */2 * * *",
		"в 18 часов":                    "0 18 * * *",
		"щодня о 8":                     "0 8 * * *",
		"щоп'ятниці о 9:00":             "0 9 * * 5",
		"كل يوم في الساعة ٨:٣٠":         "30 8 * * *",
		"كل يوم الساعة 8 و18":           "0 8,18 * * *",
		"हर दिन ८ बजे":                  "0 8 * * *",
		"हर 2 घंटे":                     "0 */2 * * *",
		"每天8点和18点":                      "0 8,18 * * *",
		"每天8点半":                         "30 8 * * *",
		"工作日7：30":                       "30 7 * * 1-5",
		"每周一9点":                         "0 9 * * 1",
		"每2小时":                          "0 */2 * * *",
		"每隔30分钟":                        "*/30 * * * *",
	} {
		if got, ok := ParseWhen(text); !ok || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", " ", "never", "tomorrow", "every day at 25", "every day at 8:60", "8:00 and 18:30", "every", "every 0 hours", "every 999 hours",
		"as it comes at 8", "hourly at 8", "weekdays and mondays", "every 2 hours on mondays", "every 2 hours 3 minutes", "0 8 * * *", "@every 1s",
		"every dayat 8", "fooevery day", "8:00-9:00", "-8", "99999999999999999999", "13:00 am", strings.Repeat("8 ", 60), "\xff", "every day \x00",
	} {
		if got, ok := ParseWhen(text); ok {
			t.Errorf("%q is %q", text, got)
		}
	}
}

// What is said of a schedule in any language is understood as that schedule.
func TestWhen(t *testing.T) {
	for _, v := range languages.Voices() {
		for _, expression := range []string{
			AsItComes, "0 * * * *", "0 */2 * * *", "0 */12 * * *", "@every 5h", "@every 21h", "@every 100h", "*/15 * * * *", "*/2 * * * *", "@every 7m", "@every 41m",
			"0 8 * * *", "5 8,18 * * *", "30 7 * * 1-5", "0 9 * * 1", "0 9 * * 0,2,3,4,5,6", "0 0,23 * * 5",
		} {
			said := v.When(expression)
			if got, ok := ParseWhen(said); !ok || got != expression {
				t.Errorf("%s: %q is said %q, and that is %q, %v", v.Code(), expression, said, got, ok)
			}
		}
	}
	english := languages.Voice("en")
	for expression, want := range map[string]string{
		"0 8,18 * * *": "every day at 08:00, 18:00", "30 7 * * 1-5": "on weekdays at 07:30", "@daily": "every day at 00:00",
		"0 9 1 * *": "0 9 1 * *", "@weekly": "@weekly", "@every 2h0m0s": "every 2 hours",
	} {
		if got := english.When(expression); got != want {
			t.Errorf("%q is said %q, want %q", expression, got, want)
		}
	}
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{"every day at 8", "daily 8:00 and 18:00", "每天8点半", "كل يوم الساعة 8 و18", "हर दिन ८ बजे", "8 am pm", "٣", "a\u200fb", "\u0e50", "8点30分半"} {
		f.Add(text)
	}
	english := languages.Voice("en")
	f.Fuzz(func(t *testing.T, text string) {
		expression, ok := ParseWhen(text)
		if !ok {
			if expression != "" {
				t.Errorf("%q is nothing, and %q", text, expression)
			}
			return
		}
		if again, ok := ParseWhen(english.When(expression)); !ok || again != expression {
			t.Errorf("%q is %q, which is said %q, which is %q", text, expression, english.When(expression), again)
		}
	})
}
