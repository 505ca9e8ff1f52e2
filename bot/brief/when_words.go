package brief

// sense is what a word of a schedule means.
type sense int

const (
	filler sense = iota
	comes        // as it comes
	hourly
	daily
	workdays
	weekends
	every
	hours
	minutes
	morning   // of a time before: am
	afternoon // of a time before: pm
	half      // half an hour after the hour before
	sunday    // the other days follow in their order
	monday
	tuesday
	wednesday
	thursday
	friday
	saturday
)

// whenWords are the words of schedules, in all languages: who writes in one may
// have a client in another. Words are in lower case; of several that begin at
// one place, the longest is meant.
var whenWords = map[sense][]string{
	comes: {
		"as it comes", "as they come", "as it comes in", "at once", "immediately", "instantly", "live",
		"sofort", "laufend", "sobald es kommt", "wie es kommt", "sobald etwas kommt",
		"au fil de l'eau", "au fil de l’eau", "dès l'arrivée", "dès l’arrivée", "immédiatement", "tout de suite", "en direct",
		"según llegue", "según lleguen", "en cuanto llegue", "al instante", "inmediatamente", "al momento",
		"assim que chegar", "assim que chegarem", "na hora", "imediatamente", "ao chegar",
		"сразу", "по мере поступления", "немедленно",
		"одразу", "відразу", "у міру надходження", "в міру надходження", "негайно",
		"فور وصولها", "فور وصوله", "فورا", "فوراً", "حال وصولها",
		"जैसे आए", "जैसे-जैसे आए", "आते ही", "तुरंत",
		"随到随发", "即时", "立即", "马上", "隨到隨發", "即時",
	},
	hourly: {
		"hourly", "stündlich", "toutes les heures", "chaque heure", "cada hora", "de hora em hora", "a cada hora", "todas as horas", "todas las horas",
		"ежечасно", "каждый час", "щогодини", "кожну годину", "كل ساعة", "हर घंटे", "प्रति घंटा", "每小时", "每個小時", "每个小时", "每小時",
	},
	daily: {
		"daily", "every day", "each day", "täglich", "jeden tag", "tous les jours", "chaque jour", "quotidiennement",
		"cada día", "cada dia", "todos los días", "todos los dias", "diariamente", "a diario", "todos os dias", "todo dia", "diário",
		"ежедневно", "каждый день", "щодня", "кожен день", "кожного дня", "يوميا", "يوميًا", "كل يوم", "रोज़", "रोज", "हर दिन", "प्रतिदिन", "每天", "每日", "天天",
	},
	workdays: {
		"weekdays", "weekday", "every weekday", "workdays", "on working days", "werktags", "wochentags", "montag bis freitag", "an werktagen", "monday to friday", "mon-fri", "mo-fr", "пн-пт",
		"en semaine", "les jours ouvrés", "jours ouvrés", "du lundi au vendredi",
		"entre semana", "días laborables", "dias laborables", "los días laborables", "de lunes a viernes", "dias úteis", "em dias úteis", "nos dias úteis", "de segunda a sexta",
		"по будням", "в будни", "будни", "по рабочим дням", "у будні", "по буднях", "в будні", "будні", "щобудня",
		"أيام الأسبوع", "أيام العمل", "في أيام العمل", "सप्ताह के दिनों में", "कार्यदिवसों में", "कार्यदिवस", "工作日", "平日", "每个工作日", "周一至周五", "周一到周五",
	},
	weekends: {
		"weekends", "weekend", "at weekends", "on weekends", "am wochenende", "wochenende", "wochenends", "le week-end", "le weekend", "week-end",
		"fines de semana", "los fines de semana", "fins de semana", "nos fins de semana", "по выходным", "в выходные", "выходные", "у вихідні", "по вихідних", "вихідні",
		"عطلة نهاية الأسبوع", "نهاية الأسبوع", "सप्ताहांत", "सप्ताहांत में", "周末", "週末",
	},
	every: {
		"every", "each", "alle", "jede", "jeden", "toutes les", "tous les", "chaque", "cada", "a cada", "todas las", "todas as", "каждые", "каждый", "каждую", "кожні", "кожен", "кожну", "كل", "हर", "प्रत्येक", "每隔", "每",
	},
	hours: {
		"hours", "hour", "h", "ч", "год", "stunden", "stunde", "heures", "heure", "horas", "hora", "часа", "часов", "час", "години", "годин", "годину", "година",
		"ساعات", "ساعة", "घंटे", "घंटा", "घंटों", "小时", "个小时", "小時", "個小時",
	},
	minutes: {
		"minutes", "minute", "minuten", "min", "minutos", "minuto", "минут", "минуты", "минуту", "хвилин", "хвилини", "хвилину",
		"دقيقة", "دقائق", "मिनट", "मिनटों", "分钟", "分鐘",
	},
	morning:   {"am", "a.m.", "in the morning", "morgens", "vormittags", "du matin", "de la mañana", "da manhã", "утра", "ранку", "صباحا", "صباحًا", "ص"},
	afternoon: {"pm", "p.m.", "in the afternoon", "in the evening", "nachmittags", "abends", "du soir", "de l'après-midi", "de la tarde", "de la noche", "da tarde", "da noite", "вечера", "дня", "вечора", "مساء", "مساءً", "م"},
	half:      {"半"},
	sunday: {
		"sunday", "sundays", "sun", "sonntag", "sonntags", "so", "dimanche", "dimanches", "domingo", "domingos", "воскресенье", "воскресеньям", "воскресеньям", "неділя", "неділю", "неділі", "неділях", "щонеділі",
		"الأحد", "الاحد", "रविवार", "周日", "周天", "星期日", "星期天", "週日",
	},
	monday: {
		"monday", "mondays", "mon", "montag", "montags", "mo", "lundi", "lundis", "lunes", "segunda", "segundas", "segunda-feira", "segundas-feiras", "понедельник", "понедельникам", "понеділок", "понеділка", "понеділках", "щопонеділка",
		"الاثنين", "الإثنين", "सोमवार", "周一", "星期一", "週一",
	},
	tuesday: {
		"tuesday", "tuesdays", "tue", "dienstag", "dienstags", "di", "mardi", "mardis", "martes", "terça", "terças", "terça-feira", "terças-feiras", "вторник", "вторникам", "вівторок", "вівторка", "вівторках", "щовівторка",
		"الثلاثاء", "मंगलवार", "周二", "星期二", "週二",
	},
	wednesday: {
		"wednesday", "wednesdays", "wed", "mittwoch", "mittwochs", "mi", "mercredi", "mercredis", "miércoles", "miercoles", "quarta", "quartas", "quarta-feira", "quartas-feiras", "среда", "среду", "средам", "середа", "середу", "середи", "середах", "щосереди",
		"الأربعاء", "الاربعاء", "बुधवार", "周三", "星期三", "週三",
	},
	thursday: {
		"thursday", "thursdays", "thu", "donnerstag", "donnerstags", "do", "jeudi", "jeudis", "jueves", "quinta", "quintas", "quinta-feira", "quintas-feiras", "четверг", "четвергам", "четвер", "четверга", "четвергах", "щочетверга",
		"الخميس", "गुरुवार", "बृहस्पतिवार", "周四", "星期四", "週四",
	},
	friday: {
		"friday", "fridays", "fri", "freitag", "freitags", "fr", "vendredi", "vendredis", "viernes", "sexta", "sextas", "sexta-feira", "sextas-feiras", "пятница", "пятницу", "пятницам", "п'ятниця", "п'ятницю", "п’ятниця", "п’ятницю", "п'ятницях", "п’ятницях", "щоп’ятниці", "щоп'ятниці",
		"الجمعة", "शुक्रवार", "周五", "星期五", "週五",
	},
	saturday: {
		"saturday", "saturdays", "sat", "samstag", "samstags", "sa", "sonnabend", "samedi", "samedis", "sábado", "sabado", "sábados", "sabados", "суббота", "субботу", "субботам", "субота", "суботу", "суботи", "суботах", "щосуботи",
		"السبت", "शनिवार", "周六", "星期六", "週六",
	},
	filler: {
		"at", "on", "and", "the", "in", "o'clock", "um", "und", "am", "uhr", "gegen", "à", "et", "le", "les", "a las", "a la", "y", "los", "el", "e", "às", "as", "à", "aos", "nas", "na", "os", "no", "i", "y a las", "et à", "e às",
		"в", "во", "и", "по", "о", "об", "й", "та", "і", "у",
		"في", "الساعة", "و", "عند", "على", "तमام", "बजे", "और", "को", "में", "पर", "点", "點", "點鐘", "点钟", "时", "時", "和", "在", "于", "的", "分", "早上", "上午", "及",
	},
}
